"""Finding 1: a receiver of `appcontext_pushed` that raises once leaves its app context on the thread.

Flask 2.3 to 3.1 push the app context first and the request context after that; what fails in between is
torn down by nobody. Here the receiver takes a connection, and once in a while there is none. From then on
each request of that worker shares one `g`, and `teardown_appcontext` never runs there again.
"""

from __future__ import annotations

import itertools
from typing import Any

from flask import Flask, appcontext_pushed, g, request

#: One push of so many finds no connection.
FAILS_EACH = 40


def create_app(fails_each: int = FAILS_EACH) -> Flask:
    """Return the application; *fails_each* 0 for one whose pool never runs dry."""
    app = Flask(__name__)
    pushes = itertools.count(1)

    def connect(sender: Flask, **_: Any) -> None:
        if fails_each and next(pushes) % fails_each == 0:
            raise ConnectionError("the pool has no connection left")

    appcontext_pushed.connect(connect, app, weak=False)

    @app.get("/hello/<name>")
    def hello(name: str) -> str:
        if "name" not in g:
            g.name = request.args.get("canary", name)
        return f"hello {g.name}"

    return app
