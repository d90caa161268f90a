"""Finding 5: a request context that a view leaves pushed gets the request's hooks and its session.

Flask 2.3 to 3.1 ask for the *current* request context when they finish a request: with another on top, the
functions for after it, `save_session` and the teardown are the other's. Here a view builds its link to a
report in a context of its own, and does not pop it: nobody is ever logged in.
"""

from __future__ import annotations

from flask import Flask, session, url_for


def create_app(*, pops: bool = False) -> Flask:
    """Return the application; if it *pops*, its view takes its context away again."""
    app = Flask(__name__)
    app.secret_key = "an example's"  # noqa: S105 - of nothing

    @app.get("/login/<name>")
    def login(name: str) -> str:
        session["name"] = name
        context = app.test_request_context("/report")
        context.push()
        link = url_for("report")
        if pops:
            context.pop()
        return f"see {link}"

    @app.get("/report")
    def report() -> str:
        return f"report of {session.get('name', 'nobody')}"

    return app
