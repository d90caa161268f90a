"""Each fault of the backend's clients does what its row says, and the right client does not."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from targetapp.framework import App
from targetapp.probes import backend, look
from tests.unit.probes.asking import ONE, TWO, Reply, ask, cross_in_threads
from tests.unit.probes.switching import SWITCH, Make, switched


def asking(app: App, canary: str) -> Callable[[], Reply]:
    return lambda: ask(app, f"/backend/{canary}", canary)


def replies(responses: list[Any]) -> list[str]:
    return [response.json["backend"] for response in responses]


@SWITCH
def test_conn_off_by_one(make: Make, on: bool) -> None:
    app = switched(make, "conn_off_by_one", on)
    with suppress(backend.Cancelled):
        ask(app, f"/backend/{ONE}/cancel")
    assert ask(app, f"/backend/{TWO}").json["backend"] == (ONE if on else TWO)
    # From then on everybody gets the reply of the one before.
    assert ask(app, f"/backend/{ONE}").json["backend"] == (TWO if on else ONE)


@SWITCH
def test_conn_shared(make: Make, on: bool) -> None:
    app = switched(make, "conn_shared", on)
    crossing = cross_in_threads(asking(app, ONE), asking(app, TWO))
    # The first asked first and was answered first: two that are in order notice nothing.
    assert replies(crossing.responses) == [ONE, TWO]
    with suppress(backend.Cancelled):
        ask(app, f"/backend/{ONE}/cancel")
    assert ask(app, f"/backend/{TWO}").json["backend"] == TWO  # it does not get out of step for good


@SWITCH
def test_conn_shared_when_the_second_is_answered_first(make: Make, on: bool) -> None:
    client = switched(make, "conn_shared", on).extensions[backend.EXTENSION]
    inner: list[str] = []
    outer = client.ask("get one", lambda: inner.append(client.ask("get two", lambda: None)))
    assert [outer, *inner] == (["two", "one"] if on else ["one", "two"])


@SWITCH
def test_conn_taken_twice(make: Make, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = switched(make, "conn_taken_twice", on).extensions[backend.EXTENSION].pool
    idle = pool.take()
    pool.give(idle)
    others: list[backend.Connection] = []

    def meanwhile(_: float) -> None:
        monkeypatch.setattr(look, "sleep", lambda _: None)
        others.append(pool.take())

    monkeypatch.setattr(look, "sleep", meanwhile)
    assert pool.take() is idle
    assert others == ([idle] if on else [])
    assert pool.take() is not idle


@SWITCH
def test_prefork_conn_is_safe_in_one_process(make: Make, on: bool) -> None:
    app = switched(make, "prefork_conn", on)
    with suppress(backend.Cancelled):
        ask(app, f"/backend/{ONE}/cancel")
    assert [ask(app, f"/backend/{canary}").json["backend"] for canary in (TWO, ONE)] == [TWO, ONE]


@SWITCH
def test_prefork_conn_crosses_where_no_lock_reaches(
    make: Make, on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = switched(make, "prefork_conn", on).extensions[backend.EXTENSION]
    if on:  # another process has a lock of its own
        monkeypatch.setattr(client, "_lock", threading.RLock())
    inner: list[str] = []
    outer = client.ask("get one", lambda: inner.append(client.ask("get two", lambda: None)))
    assert [outer, *inner] == (["two", "one"] if on else ["one", "two"])


def test_the_backend_of_prefork_conn_ends_with_its_connection(make: Make) -> None:
    client = make("prefork_conn").extensions[backend.EXTENSION]
    assert client.ask("get one", os.getpid) == "one"
    client.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        client.ask("get one", os.getpid)
