"""Flask-Login, and an app context pushed for the life of the process: everybody shares one `g`.

The first lines of a script that wants `current_app` at import (maxcountryman/flask-login#721, #722, #768):
whoever runs in that context is served as who logged in last.
"""

from __future__ import annotations

from flask import Flask, request
from flask_login import LoginManager, UserMixin, current_user, login_user

app = Flask(__name__, static_folder=None)
app.config["SECRET_KEY"] = "a test's own key, of nobody else"
app.app_context().push()
login = LoginManager(app)


class User(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


@login.user_loader
def load_user(name: str) -> User:
    return User(name)


@app.post("/login")
def log_in() -> str:
    login_user(User(request.form["name"]))
    return "welcome"


def describe() -> str:
    return str(current_user.id) if current_user.is_authenticated else "nobody"


@app.get("/me")
def me() -> str:
    return f"you are {describe()}"
