"""Bottle: who asks is in a signed cookie, the header is set on each answer anew, refusals too."""

from __future__ import annotations

from typing import Any

from bottle import Bottle, HTTPResponse, request, response

app = Bottle()
_KEY = "a test's own key, of nobody else"


@app.hook("after_request")
def tell() -> None:
    response.set_header("X-Asked-By", whoever())


def whoever() -> str:
    return str(request.get_cookie("who", secret=_KEY) or "nobody")


@app.post("/login")
def log_in() -> str:
    response.set_cookie("who", request.forms.name, secret=_KEY)
    return "welcome"


@app.get("/secret")
def secret() -> Any:
    return HTTPResponse("not for you")


@app.get("/me")
def me() -> str:
    return f"you are {whoever()}"
