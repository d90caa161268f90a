"""Flask-Session, and carts that begin as one list of the module's: what one caller puts in, all find.

A default that everybody shares, as in pallets/flask#4148; that sessions lie on the server doesn't help.
"""

from __future__ import annotations

import tempfile

from cachelib.file import FileSystemCache
from flask import Flask, session
from flask_session import Session

EMPTY: list[str] = []


def create_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["SESSION_TYPE"] = "cachelib"
    app.config["SESSION_CACHELIB"] = FileSystemCache(tempfile.mkdtemp(), threshold=0)
    Session(app)

    @app.get("/cart/<item>")
    def put(item: str) -> dict[str, list[str]]:
        cart = session.setdefault("cart", EMPTY)
        cart.append(item)
        del cart[:-5]
        session.modified = True
        return {"cart": cart}

    @app.get("/cart")
    def cart() -> dict[str, list[str]]:
        return {"cart": session.get("cart", [])}

    return app
