"""Flask-Login, and middleware that pushes an app context where there is none: it stays, and so does its `g`.

"You're pushing contexts when you shouldn't" (maxcountryman/flask-login#768): every request of that thread is
served as whoever logged in on it last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, has_app_context, request
from flask_login import LoginManager, UserMixin, current_user, login_user

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


class InContext:
    """For what logs with `current_app` before the app is entered."""

    def __init__(self, flask: Flask) -> None:
        self.flask, self.wsgi_app = flask, flask.wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if not has_app_context():
            self.flask.app_context().push()
        return self.wsgi_app(environ, start_response)


class User(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


def create_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["SECRET_KEY"] = "a test's own key, of nobody else"
    login = LoginManager(app)
    login.user_loader(User)

    @app.post("/login")
    def log_in() -> str:
        login_user(User(request.form["name"]))
        return "welcome"

    @app.get("/me")
    def me() -> str:
        return f"you are {current_user.id if current_user.is_authenticated else 'nobody'}"

    app.wsgi_app = InContext(app)  # type: ignore[method-assign]
    return app
