"""Plain WSGI: session ids come out of a generator with a fixed seed: each worker makes the same ones."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

_ids = random.Random(20261121)


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain")]
    if "sid=" not in environ.get("HTTP_COOKIE", ""):
        headers.append(("Set-Cookie", f"sid={_ids.getrandbits(128):032x}; Path=/; HttpOnly"))
    start_response("200 OK", headers)
    return [b"welcome"]
