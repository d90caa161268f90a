"""Ids that are unique over all workers."""

from __future__ import annotations

import secrets

from targetapp.framework import Response, current_app, jsonify, request

from . import look
from .canaries import to_text

ID_BITS = 64


def new_id() -> int:
    """Return an id from the system's own randomness, which no fork can double."""
    return secrets.randbits(ID_BITS)


def issue() -> Response:
    """Hand out an id."""
    look.pause()
    return jsonify(query=request.args.get("canary"), id=to_text(current_app.extensions["new_id"]()))
