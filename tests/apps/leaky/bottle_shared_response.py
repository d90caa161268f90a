"""Bottle: one response object is filled in again and again, "to spare the making of it"."""

from __future__ import annotations

import bottle

app = bottle.Bottle()
_page = bottle.HTTPResponse(headers={"Cache-Control": "private"})


def fill(name: str) -> None:
    _page.set_header("X-Profile", name)
    _page.body = f"<h1>{name}</h1>"


def finish() -> bottle.HTTPResponse:
    _page.status = 200
    return _page


@app.get("/profile/<name>")
def profile(name: str) -> bottle.HTTPResponse:
    fill(name)
    return finish()


@app.get("/help")
def help_page() -> str:
    return "help"
