"""Plain WSGI: a guestbook shows what others wrote, which is what it is for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from html import escape
from typing import Any
from urllib.parse import parse_qs

_entries: deque[str] = deque(maxlen=10)


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] == "POST":
        length = int(environ.get("CONTENT_LENGTH") or 0)
        form = parse_qs(environ["wsgi.input"].read(length).decode())
        _entries.append(form["message"][0])
        start_response("303 See Other", [("Location", "/"), ("Content-Length", "0")])
        return [b""]
    start_response("200 OK", [("Content-Type", "text/html")])
    # In several pieces, as a page that is made while it is sent.
    return [f"<li>{escape(entry)}</li>".encode() for entry in list(_entries)]
