"""Bottle: a copy of every request is kept for an audit that never comes."""

from __future__ import annotations

from typing import Any

import bottle

app = bottle.Bottle()
_audit: list[Any] = []


@app.get("/order/<number:int>")
def order(number: int) -> dict[str, int]:
    _audit.append(bottle.request.copy())
    return {"order": number}


@app.get("/audited")
def audited() -> dict[str, int]:
    return {"requests": count()}


def count() -> int:
    return len(_audit)
