"""Finding 6: functions of `after_this_request` run again when an answer is finalized again.

If something that comes after them raises, Flask 2.3 to 3.1 make an answer of the error and finalize that too:
the list of functions was not emptied. Here what is booked after a request is booked twice.
"""

from __future__ import annotations

from flask import Flask, Response, after_this_request, g

BOOKED: dict[str, int] = {}


def create_app(*, careful: bool = False) -> Flask:
    """Return the application; if *careful*, what runs after a request doesn't raise."""
    app = Flask(__name__)

    @app.after_request
    def measure(response: Response) -> Response:
        if g.get("fails") and response.status_code < 400 and not careful:
            raise OSError("no space left for the log")
        return response

    @app.get("/book/<name>")
    def book(name: str) -> str:
        @after_this_request
        def count(response: Response) -> Response:
            BOOKED["count"] = BOOKED.get("count", 0) + 1
            return response

        g.fails = True
        return f"booked for {name}"

    @app.get("/hello/<name>")
    def hello(name: str) -> str:
        return f"hello {name}"

    return app
