"""A body streamed with the context: every chunk says what `request`, `g` and the session hold then."""

from __future__ import annotations

from collections.abc import Iterator

from targetapp.framework import Response, g, has_request_context, request, session, stream_with_context

from . import look
from .canaries import canary_of_request, to_text

CHUNKS_MAX = 1_000
BEGUN_HEADER = "X-Session-Begun"


def _line() -> str:
    if not has_request_context():
        return ".".join([to_text(0)] * 3) + "\n"
    looks = (canary_of_request(), g.get("canary", 0), session.get("canary", 0))
    return ".".join(map(to_text, looks)) + "\n"


def _lines(chunks: int, seconds: float) -> Iterator[str]:
    for number in range(chunks):
        if number:
            look.sleep(seconds)
        look.hook("stream_chunk")
        yield _line()


def stream(canary: str) -> Response:
    """Answer with as many chunks as asked for, a line each."""
    chunks = min(max(request.args.get("chunks", 3, int), 0), CHUNKS_MAX)
    # Looked at before the headers go out, for a response that shows the session has to vary with the
    # cookie: also if all that was asked is whether there is one.
    begun = "canary" in session
    response = Response(stream_with_context(_lines(chunks, look.pause_s())), mimetype="text/plain")
    response.headers[BEGUN_HEADER] = "yes" if begun else "no"
    return response
