"""One session file, several processes: forked with it open, or started on their own."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from targetapp import App, session
from targetapp.framework.sqlite_sessions import SQLiteSessionInterface

PROCESSES = 3
WRITES = 20


def make_app(path: Path) -> App:
    app = App("processes", static_folder=None)
    app.secret_key = "key"
    app.session_interface = SQLiteSessionInterface(path)

    @app.get("/add/<item>")
    def add(item: str) -> Any:
        session.setdefault("log", []).append(item)
        return "ok"

    @app.get("/read")
    def read() -> Any:
        return dict(session)

    return app


def write(app: App | None, path: Path, cookie: str, barrier: Barrier, number: int) -> None:
    """Append to one session, at the same time as other processes."""
    app = app or make_app(path)
    client = app.test_client()
    client.set_cookie("session", cookie)
    barrier.wait(30)
    for n in range(WRITES):
        assert client.get(f"/add/{number}-{n}").status_code == 200
    assert isinstance(app.session_interface, SQLiteSessionInterface)
    app.session_interface.store.close()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_lose_nothing_in_one_session(tmp_path: Path, method: str) -> None:
    path = tmp_path / "sessions.sqlite3"
    app = make_app(path)
    client = app.test_client()
    client.get("/add/first")  # a connection is open when the processes are forked
    cookie = client.get_cookie("session")
    assert cookie is not None
    context = multiprocessing.get_context(method)
    barrier = context.Barrier(PROCESSES)
    given = app if method == "fork" else None
    processes: list[Any] = [
        context.Process(target=write, args=(given, path, cookie.value, barrier, number))  # type: ignore[attr-defined]
        for number in range(PROCESSES)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork with pytest's own threads
        for process in processes:
            process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    log = client.get("/read").get_json()["log"]
    assert len(log) == len(set(log)) == PROCESSES * WRITES + 1
    for number in range(PROCESSES):
        assert [item for item in log if item.startswith(f"{number}-")] == [
            f"{number}-{n}" for n in range(WRITES)
        ]
    assert isinstance(app.session_interface, SQLiteSessionInterface)
    app.session_interface.store.close()


def test_a_killed_writer_leaves_the_file_usable(tmp_path: Path) -> None:
    path = tmp_path / "sessions.sqlite3"
    app = make_app(path)
    interface = app.session_interface
    assert isinstance(interface, SQLiteSessionInterface)
    interface.store.create("a", "{}", 1e12, 0.0)

    def die(_: str) -> str:
        os._exit(7)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        interface.store.update("a", die, 1e12)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert interface.store.update("a", lambda content: content + " ", 1e12) == "{} "
    interface.store.close()
