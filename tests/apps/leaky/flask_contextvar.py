"""Flask: a ContextVar is set for those who say who they are, and reset for nobody."""

from __future__ import annotations

from contextvars import ContextVar

from flask import Flask, request

app = Flask(__name__)
_user: ContextVar[str] = ContextVar("user", default="nobody")


@app.before_request
def sign_in() -> None:
    user = request.args.get("canary")
    if user:
        _user.set(user)


@app.get("/me")
def me() -> str:
    return f"signed in as {_user.get()}"


@app.get("/double/<int:number>")
def double(number: int) -> dict[str, int]:
    return {"number": number}
