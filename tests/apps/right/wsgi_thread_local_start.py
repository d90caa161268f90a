"""Plain WSGI: a thread-local that nobody clears, since every request overwrites it before anything else."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

_local = threading.local()


def begin(environ: dict[str, Any]) -> None:
    _local.query = parse_qs(environ["QUERY_STRING"])
    # A request id of the caller's own is given back, else one is made.
    _local.request_id = environ.get("HTTP_X_REQUEST_ID") or environ.get("HTTP_X_CANARY") or uuid.uuid4().hex


def page() -> bytes:
    return f"<p>{_local.query.get('q', ['nothing'])[0]}</p>".encode()


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    begin(environ)
    body = page()
    start_response("200 OK", [("Content-Type", "text/html"), ("X-Request-Id", _local.request_id)])
    return [body]
