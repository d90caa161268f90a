"""Flask: a page is cached by its path, and says who it was made for."""

from __future__ import annotations

from flask import Flask, request

app = Flask(__name__)
_pages: dict[str, str] = {}
_KEPT = 20


def create_app() -> Flask:
    return app


def render(name: str) -> str:
    return f"<title>Profile</title><p>signed in as {name}</p>"


@app.get("/profile")
def profile() -> str:
    if len(_pages) > _KEPT:
        _pages.clear()
    path = request.path
    if path not in _pages:
        _pages[path] = render(request.cookies.get("canary", "nobody"))
    return _pages[path]


@app.get("/about")
def about() -> str:
    return "about us"
