"""Each fault of forks, start-up and first use does what its row says, and the right app does not."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from targetapp.framework import App
from targetapp.probes import look
from tests.unit.probes.asking import NOTHING, ONE, TWO, Reply, ask, log_in
from tests.unit.probes.switching import SWITCH, Make, switched

OLD, NEW = "3000000000000001", "3000000000000002"


def ask_while_asleep(
    first: Callable[[], Reply], then: Callable[[], list[Reply]], monkeypatch: pytest.MonkeyPatch, on: bool
) -> tuple[Reply, list[Reply]]:
    """Ask *first*; when it sleeps (*on*: it has to), or is over, do *then*, and let it go on."""
    asleep, go_on = threading.Event(), threading.Event()
    sleeper: list[int] = []

    def sleep(seconds: float) -> None:
        if seconds and not sleeper:
            sleeper.append(threading.get_ident())
            asleep.set()
            assert go_on.wait(10)

    monkeypatch.setattr(look, "sleep", sleep)
    replies: list[Reply] = []
    thread = threading.Thread(target=lambda: replies.append(first()))
    thread.start()
    if on:
        assert asleep.wait(10)
    meanwhile = then()
    go_on.set()
    thread.join(10)
    return replies[0], meanwhile


@SWITCH
def test_sorted_in_place(make: Make, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    app = switched(make, "sorted_in_place", on)
    first, (second,) = ask_while_asleep(
        lambda: ask(app, f"/echo/{ONE}"), lambda: [ask(app, f"/echo/{TWO}", TWO)], monkeypatch, on
    )
    assert (first.status_code, second.status_code) == (200, 404 if on else 200)
    assert ask(app, f"/echo/{TWO}", TWO).status_code == 200
    assert ask(app, f"/missing/{TWO}", TWO).status_code == 404


def issue(app: App) -> str:
    return str(ask(app, "/ids").json["id"])


@SWITCH
def test_made_twice(make: Make, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    app = switched(make, "made_twice", on)
    first, others = ask_while_asleep(
        lambda: ask(app, "/ids"), lambda: [ask(app, "/ids") for _ in range(2)], monkeypatch, on
    )
    ids = [reply.json["id"] for reply in (first, *others)]
    assert len(set(ids)) == (2 if on else 3)
    assert issue(app) != issue(app)


def test_made_twice_is_unique_over_workers(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "sleep", lambda _: None)
    here, there = make("made_twice"), make("made_twice")
    ids = [issue(here)]
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert issue(there) not in ids


@SWITCH
def test_rules_change_while_read(make: Make, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    app = switched(make, "rules_change_while_read", on)

    def put() -> list[Reply]:
        return [ask(app, "/values/k", TWO, "PUT", data=NEW)]

    first, (second,) = ask_while_asleep(lambda: ask(app, f"/echo/{ONE}"), put, monkeypatch, on)
    assert (first.status_code, second.status_code) == (500 if on else 200, 200)
    assert ask(app, f"/echo/{ONE}").status_code == 200


@SWITCH
def test_stale_cache(make: Make, on: bool) -> None:
    here, there = switched(make, "stale_cache", on), switched(make, "stale_cache", on)
    assert ask(here, "/values/k").json["value"] == NOTHING
    ask(here, "/values/k", method="PUT", data=OLD)
    assert ask(there, "/values/k").json["value"] == OLD  # what it never saw it reads
    ask(here, "/values/k", method="PUT", data=NEW)
    assert ask(here, "/values/k").json["value"] == NEW
    assert ask(there, "/values/k").json["value"] == (OLD if on else NEW)


@SWITCH
def test_key_per_worker(make: Make, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    app = switched(make, "key_per_worker", on)
    cookie = log_in(app, "", "20000000000000ab")
    assert ask(app, "/session/read", cookie=cookie).json["after"] == "20000000000000ab"
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: 1)  # as if it was forked
        forked = ask(app, "/session/read", cookie=cookie).json["after"]
    assert forked == (NOTHING if on else "20000000000000ab")
