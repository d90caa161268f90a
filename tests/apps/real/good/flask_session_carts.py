"""Flask-Session with files: carts on the server, by an id that nobody else has."""

from __future__ import annotations

import tempfile

from cachelib.file import FileSystemCache
from flask import Flask, session
from flask_session import Session


def create_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["SESSION_TYPE"] = "cachelib"
    app.config["SESSION_CACHELIB"] = FileSystemCache(tempfile.mkdtemp(), threshold=0)
    Session(app)

    @app.get("/cart/<item>")
    def put(item: str) -> dict[str, list[str]]:
        cart = session.setdefault("cart", [])
        cart.append(item)
        del cart[:-5]
        session.modified = True
        return {"cart": cart}

    @app.get("/cart")
    def cart() -> dict[str, list[str]]:
        return {"cart": session.get("cart", [])}

    return app
