"""Finding 3: a body that streams with its context is torn down twice, the first time before it is read.

Flask 3.1.3 tears the request down as `wsgi_app` returns, activates the same two contexts again for the body
and tears them down once more: what a teardown function gives back is gone while the stream still uses it.
(2.3 and 3.0 tear down once, after the body: they leave the contexts current until then.)
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Response, g, request, stream_with_context


def create_app(*, with_context: bool = True) -> Flask:
    """Return the application; without *with_context* the body takes along what it needs."""
    app = Flask(__name__)

    @app.before_request
    def connect() -> None:
        g.connection = "open"

    @app.teardown_appcontext
    def disconnect(error: BaseException | None) -> None:
        g.pop("connection", None)

    @app.get("/rows/<name>")
    def rows(name: str) -> Response:
        def body() -> Iterator[str]:
            for number in range(3):
                yield f"{request.path} {number} {g.get('connection', 'closed')}\n"

        def own() -> Iterator[str]:
            yield from lines

        lines = [f"{name} {number}\n" for number in range(3)]
        return Response(stream_with_context(body()) if with_context else own())

    return app
