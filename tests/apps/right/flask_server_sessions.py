"""Flask: sessions in a module's dict, which is right: they are kept by an id that nobody else has."""

from __future__ import annotations

import secrets
import threading

from flask import Flask, Response, g, request

app = Flask(__name__)
_sessions: dict[str, list[str]] = {}
_lock = threading.Lock()


@app.before_request
def open_session() -> None:
    sid = request.cookies.get("sid", "")
    with _lock:
        if sid not in _sessions:
            sid = secrets.token_hex(16)
            _sessions[sid] = []
    g.sid = sid


@app.after_request
def keep_session(response: Response) -> Response:
    response.set_cookie("sid", g.sid, httponly=True)
    return response


@app.get("/visit/<name>")
def visit(name: str) -> dict[str, object]:
    seen = _sessions[g.sid]
    seen.append(name)
    del seen[:-5]
    return {"seen": seen, "build": "4f2a9c0d7be14d6fa3c05e8812de90b7"}


@app.get("/visits")
def visits() -> dict[str, object]:
    return {"seen": _sessions[g.sid]}
