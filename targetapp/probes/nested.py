"""An app context pushed inside a request: its `g` is its own, `request` stays."""

from __future__ import annotations

from targetapp.framework import Response, current_app, g, jsonify, request

from . import look
from .canaries import to_text


def nested(canary: str) -> Response:
    """Answer with g outside, inside (twice, around the pause), and outside again."""
    found = {"g": to_text(g.get("canary", 0))}
    seconds = look.pause_s()
    with current_app.app_context():
        found["nested_before"] = to_text(g.get("canary", 0))
        look.hook("nested_app_context")
        look.sleep(seconds)
        found["nested_after"] = to_text(g.get("canary", 0))
    look.hook("view_after_yield")
    found["outside"] = to_text(g.get("canary", 0))
    return jsonify(query=request.args.get("canary"), **found)
