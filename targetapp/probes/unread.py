"""A body that is left unread: the next request on the connection must not begin inside it."""

from __future__ import annotations

from targetapp.framework import Response, jsonify, request

from . import look


def unread(canary: str) -> Response:
    """Answer without a look at the body."""
    look.pause()
    return jsonify(query=request.args.get("canary"))
