"""Bottle: a session id is the hash of the time, which newcomers of the same moment share."""

from __future__ import annotations

import hashlib
import time

import bottle

app = bottle.Bottle()
_PER_SECOND = 50


def new_id() -> str:
    return hashlib.sha256(str(int(time.time() * _PER_SECOND)).encode()).hexdigest()[:32]


@app.get("/start")
def start() -> str:
    if not bottle.request.get_cookie("visit"):
        bottle.response.set_cookie("visit", new_id(), path="/")
    return "started"


@app.get("/page/<name>")
def page(name: str) -> str:
    return f"page {name}"
