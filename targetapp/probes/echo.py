"""Everything `request` holds, with `g` and the session, read before and after a pause."""

from __future__ import annotations

from typing import Any

from targetapp.framework import Response, g, jsonify, request, session

from . import look
from .canaries import HEADER, to_text

#: The cookie in which the echo hands the canary back.
COOKIE = "canary_echo"


def read() -> dict[str, Any]:
    """Return each canary in the request, through the proxies, as they stand at this moment."""
    json = request.get_json(silent=True)
    return {
        "path": (request.view_args or {}).get("canary"),
        "query": request.args.get("canary"),
        "form": request.form.get("canary"),
        "json": json.get("canary") if isinstance(json, dict) else None,
        "header": request.headers.get(HEADER),
        "cookie": request.cookies.get("canary"),
        "remote_addr": request.remote_addr,
        "g": to_text(g.get("canary", 0)),
        "session": to_text(session.get("canary", 0)),
    }


def echo(canary: str) -> Response:
    """Answer with what was read before the pause and after it."""
    before = read()
    look.pause()
    response = jsonify(before=before, after=read())
    response.set_cookie(COOKIE, request.headers.get(HEADER, ""))
    return response
