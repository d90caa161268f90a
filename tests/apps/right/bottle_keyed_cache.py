"""Bottle: a cache that all callers share, keyed by what makes an answer the caller's own."""

from __future__ import annotations

from functools import lru_cache

import bottle

app = bottle.Bottle()


@lru_cache(maxsize=256)
def render(name: str, size: int) -> str:
    return f"<h1>{name}</h1><p>{size}</p>"


@app.get("/card/<name>")
def card(name: str) -> str:
    return render(name, len(name))


@app.get("/price/<amount:float>")
def price(amount: float) -> dict[str, float]:
    return {"amount": amount}


@app.get("/kind/<which:re:red|blue>")
def kind(which: str) -> str:
    return which
