"""Finding 2: a teardown function that raises drops those after it.

Flask 2.3 to 3.1 run them one after the other, unguarded: if one raises, the later ones and the signal after
them never hear that the request has ended. Here the metrics are at fault, and no connection is given back.
"""

from __future__ import annotations

from flask import Flask, g


def create_app(*, careful: bool = False) -> Flask:
    """Return the application; if *careful*, its metrics' error stays inside."""
    app = Flask(__name__)

    @app.teardown_request
    def give_back(error: BaseException | None) -> None:
        g.pop("connection", None)

    @app.teardown_request  # the last one registered runs first
    def count(error: BaseException | None) -> None:
        try:
            if g.get("slow"):
                raise TimeoutError("the metrics are down")
        except TimeoutError:
            if not careful:
                raise

    @app.get("/quick/<name>")
    def quick(name: str) -> str:
        g.connection = object()
        return f"quick {name}"

    @app.get("/slow/<name>")
    def slow(name: str) -> str:
        g.connection, g.slow = object(), True
        return f"slow {name}"

    return app
