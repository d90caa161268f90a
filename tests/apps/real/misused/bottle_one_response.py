"""Bottle, and one HTTPResponse of the module's for all that are refused: its headers become everybody's.

bottlepy/bottle#910: `HTTPResponse.apply` hands its headers on to the response of the request, the very same
dict, and what is set there afterwards stays in it.
"""

from __future__ import annotations

from typing import Any

from bottle import Bottle, HTTPResponse, request, response

app = Bottle()
_KEY = "a test's own key, of nobody else"
NOT_FOR_YOU = HTTPResponse("not for you")


@app.hook("after_request")
def tell() -> None:
    if who := request.get_cookie("who", secret=_KEY):
        response.set_header("X-Asked-By", who)


@app.post("/login")
def log_in() -> str:
    response.set_cookie("who", request.forms.name, secret=_KEY)
    return "welcome"


@app.get("/secret")
def secret() -> Any:
    return NOT_FOR_YOU


@app.get("/me")
def me() -> str:
    return "you are you"
