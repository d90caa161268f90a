"""Finding 4: two bodies that stream with their contexts, read in turn on one thread, cross over.

In Flask the contexts of each stay current between its chunks (in 3.1 from its first one on, before that from
the view on): the first goes on with the second's `request`, and its contexts can't be popped. A server with
one thread for all bodies reads them like that, and so does a page that is made of two others, as here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, zip_longest
from typing import Any

from flask import Flask, Response, request, stream_with_context

#: How many chunks each half has.
CHUNKS = 3


def create_half() -> Flask:
    """Return what serves one half of a page; each of its chunks says what was asked for."""
    app = Flask(__name__)

    @app.get("/page/<name>")
    def half(name: str) -> Response:
        def body() -> Iterator[str]:
            for _ in range(CHUNKS):
                yield f"{name}: {request.path}\n"

        return Response(stream_with_context(body()))

    return app


class Pages:
    """Answers with two halves; *in_turn* a chunk of each, else one after the other."""

    def __init__(self, *, in_turn: bool = True) -> None:
        self.app = create_half()
        self.in_turn = in_turn

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        if not path.startswith("/page/"):
            return self.app(environ, start_response)
        halves = [self._half(environ, f"{path}-{side}") for side in ("left", "right")]
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self._read(halves)

    def _half(self, environ: dict[str, Any], path: str) -> Any:
        return self.app({**environ, "PATH_INFO": path}, lambda *_: None)

    def _read(self, halves: list[Any]) -> Iterator[bytes]:
        in_turn = zip_longest(*halves, fillvalue=b"")
        with ExitStack() as stack:
            for half in halves:
                stack.callback(half.close)
            for row in in_turn if self.in_turn else ((chunk,) for chunk in chain(*halves)):
                yield b"".join(row)


app = Pages()
one_after_the_other = Pages(in_turn=False)
