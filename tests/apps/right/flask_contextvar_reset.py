"""Flask: a ContextVar that is reset, and a stream that was given what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar, Token

from flask import Flask, Response, g, request

app = Flask(__name__)
_user: ContextVar[str] = ContextVar("user", default="nobody")


@app.before_request
def sign_in() -> None:
    g.token = _user.set(request.args.get("canary", "nobody"))


@app.teardown_request
def sign_out(error: BaseException | None) -> None:
    token: Token[str] | None = g.pop("token", None)
    if token is not None:
        _user.reset(token)


@app.get("/me")
def me() -> str:
    return f"signed in as {_user.get()}"


def rows(user: str, path: str) -> Iterator[str]:
    for number in range(3):
        yield f"{number},{user},{path}\n"


@app.get("/rows/<name>")
def stream(name: str) -> Response:
    return Response(rows(name, request.path), content_type="text/csv")
