"""The shop of right.py, whose search keeps what was asked for in a global between two calls."""

from __future__ import annotations

from typing import Any

from flask import Flask, redirect, request, session

app = Flask(__name__, static_folder=None)
app.secret_key = "a test's own key, of nobody else"


@app.post("/login")
def log_in() -> Any:
    session["name"] = request.form["name"]
    return redirect("/me")


_asked = {"text": ""}


def asked() -> str:
    return _asked["text"]


def shown(text: str) -> str:
    _asked["text"] = text
    return f"<p>you asked for {asked()}</p>"


@app.get("/search")
def search() -> str:
    return shown(request.args["q"])


@app.post("/orders")
def order() -> dict[str, int]:
    orders = session.get("orders", 0) + 1
    session["orders"], session["last"] = orders, request.get_json()["text"]
    return {"order": orders}


@app.get("/orders/<int:number>")
def look(number: int) -> Any:
    if number != session.get("orders"):
        return "no such order", 404
    return {"order": number, "text": session["last"]}


@app.get("/me")
def me() -> str:
    return f"you are {session.get('name', 'nobody')}"
