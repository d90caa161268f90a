"""Flask: a session interface makes its session once, since "it is opened all the time"."""

from __future__ import annotations

from typing import Any

from flask import Flask, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class Interface(SecureCookieSessionInterface):
    def __init__(self) -> None:
        self._session: SecureCookieSession | None = None

    def open_session(self, app: Flask, request: Any) -> SecureCookieSession | None:
        if self._session is None:
            self._session = super().open_session(app, request)
        return self._session


app = Flask(__name__)
app.secret_key = "a test's own key, of nobody else"
app.session_interface = Interface()


@app.get("/cart/add/<article>")
def add(article: str) -> str:
    session["cart"] = [*session.get("cart", []), article][-3:]
    return "added"


@app.get("/cart")
def cart() -> dict[str, Any]:
    return {"cart": session.get("cart", []), "agent": request.headers["User-Agent"]}
