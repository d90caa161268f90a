"""A store of values that all workers share: what one has put, every other must get."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Protocol

from targetapp.framework import Response, current_app, jsonify, request

from . import look
from .canaries import to_text

BUSY_TIMEOUT_S = 10.0


class Values(Protocol):
    """Where values are kept."""

    def put(self, key: str, value: str) -> None:
        """Keep *value* under *key*."""

    def get(self, key: str) -> str | None:
        """Return the last value put under *key*, None if there is none."""


class SharedValues:
    """Values in a SQLite file; a connection per use, so that nothing crosses a fork or a thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        with closing(self._connect()) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS probe_values (key TEXT PRIMARY KEY, value TEXT)")

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S)
        # Beside the sessions in WAL mode this loses nothing when a process is killed.
        database.execute("PRAGMA synchronous = NORMAL")
        return database

    def put(self, key: str, value: str) -> None:
        """Keep *value* under *key*."""
        with closing(self._connect()) as database, database:
            database.execute("INSERT OR REPLACE INTO probe_values VALUES (?, ?)", (key, value))

    def setdefault(self, key: str, value: str) -> str:
        """Return what is under *key*; *value*, which is kept then, if nothing was."""
        with closing(self._connect()) as database, database:
            database.execute("INSERT OR IGNORE INTO probe_values VALUES (?, ?)", (key, value))
        return self.get(key) or value

    def get(self, key: str) -> str | None:
        """Return the last value put under *key*, None if there is none."""
        with closing(self._connect()) as database:
            row = database.execute("SELECT value FROM probe_values WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])


def _store() -> Values:
    values: Values = current_app.extensions["values"]
    return values


def put(key: str) -> Response:
    """Keep the body under *key*."""
    value = request.get_data(as_text=True)
    look.pause()
    _store().put(key, value)
    return jsonify(query=request.args.get("canary"), value=value)


def get(key: str) -> Response:
    """Answer with what is kept under *key*, the canary 0 if nothing is."""
    look.pause()
    return jsonify(query=request.args.get("canary"), value=_store().get(key) or to_text(0))
