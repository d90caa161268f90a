"""Log in, append to the session's log, read it back; the same for both kinds of session.

Nothing may be lost when several requests append to one server-side session at once.
"""

from __future__ import annotations

from targetapp.framework import Response, jsonify, request, session

from . import look
from .canaries import canary_of_request, from_text, to_text


def _report(before: str) -> Response:
    return jsonify(
        query=request.args.get("canary"),
        before=before,
        after=to_text(session.get("canary", 0)),
        log=[to_text(entry) for entry in session.get("log", ())],
    )


def login() -> Response:
    """Begin a session of the canary in the form; whatever was in the session goes."""
    before = to_text(session.get("canary", 0))
    session.clear()
    session["canary"] = from_text(request.form.get("canary"))
    look.pause()
    return _report(before)


def append() -> Response:
    """Add the request's canary to the log, after the pause: others may have saved theirs meanwhile."""
    before = to_text(session.get("canary", 0))
    look.pause()
    session["log"] = [*session.get("log", ()), canary_of_request()]
    return _report(before)


def read() -> Response:
    """Answer with the log."""
    before = to_text(session.get("canary", 0))
    look.pause()
    return _report(before)
