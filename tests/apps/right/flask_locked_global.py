"""Flask: a global that a lock protects, and that is empty again before the lock is given up."""

from __future__ import annotations

import threading

from flask import Flask, request

app = Flask(__name__)
_lock = threading.Lock()
_draft: list[str] = []
_counts: dict[str, int] = {"letters": 0}


def write(line: str) -> None:
    _draft.append(line)


def read() -> str:
    return "\n".join(_draft)


@app.get("/letter/<name>")
def letter(name: str) -> str:
    with _lock:
        try:
            write(f"Dear {name},")
            write(request.args.get("canary", "hello"))
            _counts["letters"] += 1
            return read()
        finally:
            _draft.clear()


@app.get("/letters")
def letters() -> dict[str, int]:
    return dict(_counts)
