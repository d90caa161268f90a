"""Bottle: a user is looked up once per thread, and so belongs to the first caller that a thread served."""

from __future__ import annotations

import threading

import bottle

app = bottle.Bottle()
_local = threading.local()


def user() -> str:
    if not hasattr(_local, "user"):
        _local.user = bottle.request.query.get("canary") or bottle.request.get_header("X-Canary", "")
    return str(_local.user)


@app.get("/me")
def me() -> dict[str, str]:
    return {"user": user()}


@app.get("/item/<number:int>")
def item(number: int) -> dict[str, int]:
    return {"item": number}
