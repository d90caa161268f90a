"""Flask: complaints about a form are collected in a default argument, which is made once for all calls."""

from __future__ import annotations

from flask import Flask, request

app = Flask(__name__)


def check(nickname: str, complaints: list[str] = []) -> list[str]:  # noqa: B006 - the defect
    if not nickname.isalpha():
        complaints.append(f"{nickname} has digits in it")
    del complaints[:-5]
    return complaints


@app.get("/register")
def register() -> dict[str, list[str]]:
    return {"complaints": check(request.args.get("canary", ""))}


@app.get("/nickname/<nickname>")
def nickname(nickname: str) -> str:
    return f"{nickname} is free"
