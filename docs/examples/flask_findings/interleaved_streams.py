"""Finding 4: two bodies that stream with their contexts, read in turn on one thread, cross over.

In Flask each of them pushes its contexts as its first chunk is made, and they stay current between chunks: the first
goes on with the second's `request`. A server with one thread for all bodies reads them like that, and so does a page
that is put together of two others, as here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from typing import Any

from flask import Flask, Response, request, stream_with_context

#: How many chunks each half has.
CHUNKS = 3


def create_half() -> Flask:
    """Return what serves one half of a page."""
    app = Flask(__name__)

    @app.get("/half/<name>")
    def half(name: str) -> Response:
        def body() -> Iterator[str]:
            for _ in range(CHUNKS):
                yield f"{name} {request.path}\n"

        return Response(stream_with_context(body()))

    return app


class Pages:
    """Answers every path with two halves; *in_turn* a chunk of each, else one after the other."""

    def __init__(self, *, in_turn: bool = True) -> None:
        self.app = create_half()
        self.in_turn = in_turn

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        name = environ["PATH_INFO"].strip("/") or "page"
        halves = [self._half(environ, f"/half/{name}-{side}") for side in ("left", "right")]
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self._read(halves)

    def _half(self, environ: dict[str, Any], path: str) -> Any:
        return self.app({**environ, "PATH_INFO": path, "REQUEST_METHOD": "GET"}, lambda *_: None)

    def _read(self, halves: list[Any]) -> Iterator[bytes]:
        rows = zip_longest(*halves, fillvalue=b"") if self.in_turn else ((chunk,) for chunk in chain(*halves))
        try:
            for row in rows:
                yield b"".join(row)
        finally:
            for half in halves:
                half.close()


app = Pages()
one_after_the_other = Pages(in_turn=False)
