"""One page for all callers by its URL, that shows each its own session: the danger of a shared cache."""

from __future__ import annotations

from targetapp.framework import Response, jsonify, session

from . import look
from .canaries import canary_of_request, to_text


def page(number: int) -> Response:
    """Answer with the caller's session; reading it makes the response vary with the cookie."""
    before = session.get("canary", 0)
    look.pause()
    return jsonify(session=to_text(before), made_for=to_text(canary_of_request()))
