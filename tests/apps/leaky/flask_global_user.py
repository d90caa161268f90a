"""Flask: who is greeted is kept in a module's global between two helpers."""

from __future__ import annotations

from flask import Flask, request

app = Flask(__name__)
_current: dict[str, str] = {}


def remember(name: str) -> None:
    _current["name"] = name


def greeting() -> str:
    return f"Hello, {_current['name']}!"


@app.get("/hello/<name>")
def hello(name: str) -> str:
    remember(name)
    return greeting()


@app.get("/number/<int:number>")
def number(number: int) -> dict[str, int]:
    return {"number": number}


@app.get("/")
def home() -> str:
    return f"home of {request.host}"
