"""Faults that keep one request's value where others find it: on shows, off does not."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from targetapp.framework import App
from targetapp.probes import jobs, look
from tests.unit.probes.asking import (
    NOTHING,
    ONE,
    TWO,
    Reply,
    ask,
    cross_in_greenlets,
    cross_in_threads,
    log_in,
)
from tests.unit.probes.switching import SWITCH, Make, switched


def echo(app: App, canary: str) -> Callable[[], Reply]:
    return lambda: ask(app, f"/echo/{canary}", canary)


def echoed(app: App, canary: str, **more: Any) -> str:
    return ask(app, f"/echo/{canary}", canary, **more).headers["X-Canary-Echo"]


def apart(call: Callable[[], object]) -> None:
    """Make a call on a worker of its own, and let that end."""

    def run() -> None:
        with suppress(BaseException):
            call()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def found_in_g(app: App, *canaries: str) -> list[str]:
    return [ask(app, f"/echo/{c}", c).headers["X-Canary-G-Found"] for c in canaries]


# -- on a shared object -------------------------------------------------------------------------


@SWITCH
def test_two_that_swap_and_restore_crosswise_leave_one_of_theirs(make: Make, on: bool) -> None:
    app = switched(make, "swap_restore_global", on)
    assert echoed(app, TWO) == TWO  # alone each restores what it found
    cross_in_threads(echo(app, ONE), echo(app, TWO))
    look.install(None)
    third = "1000000000000003"
    after = ask(app, f"/nested/{third}", third).headers["X-Canary-Echo"]
    assert after == (ONE if on else third)


@SWITCH
def test_a_form_is_everybody_s_choice_from_then_on(make: Make, on: bool) -> None:
    app = switched(make, "sticky_global", on)
    assert echoed(app, ONE) == ONE
    assert echoed(app, ONE, method="POST", data={"canary": ONE}) == ONE
    assert echoed(app, TWO) == (ONE if on else TWO)


@SWITCH
def test_a_class_gathers_the_logs_of_all_sessions(make: Make, on: bool) -> None:
    app = switched(make, "class_attribute", on)
    for canary, session in ((ONE, "2000000000000001"), (TWO, "2000000000000002")):
        sid = log_in(app, "/server", session)
        log = ask(app, "/server/session/append", canary, "POST", sid).json["log"]
    assert log == ([ONE, TWO] if on else [TWO])


@SWITCH
def test_a_renderer_keeps_its_first_request(make: Make, on: bool) -> None:
    app = switched(make, "shared_renderer", on)
    assert [ask(app, "/ids", canary).json["query"] for canary in (ONE, TWO)] == [ONE, ONE if on else TWO]


@SWITCH
def test_a_local_is_not_cleared(make: Make, on: bool) -> None:
    app = switched(make, "locals_not_cleared", on)
    seen: list[str] = []
    apart(lambda: seen.extend(found_in_g(app, ONE, TWO)))
    apart(lambda: seen.extend(found_in_g(app, TWO)))
    assert seen == [NOTHING, ONE if on else NOTHING, NOTHING]


@SWITCH
@pytest.mark.parametrize("cross", [cross_in_threads, cross_in_greenlets])
def test_a_log_s_local_shows_only_where_greenlets_share_a_thread(make: Make, on: bool, cross: Any) -> None:
    app = switched(make, "log_local_unpatched", on)
    crossing = cross(echo(app, ONE), echo(app, TWO))
    named = [response.headers["X-Canary-Echo"] for response in crossing.responses]
    assert (named == [ONE, TWO]) is not (on and cross is cross_in_greenlets)


def test_that_local_is_the_one_from_before_gevent_patched(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def get_original(module: str, name: str) -> type:
        asked.append((module, name))
        return SimpleNamespace

    monkeypatch.setitem(sys.modules, "gevent.monkey", SimpleNamespace(get_original=get_original))
    assert echoed(make("log_local_unpatched"), ONE) == ONE
    assert asked == [("_thread", "_local")]


@SWITCH
def test_a_dict_changes_while_it_is_walked_through(
    make: Make, on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = switched(make, "dict_iterated", on)
    in_view, go_on = threading.Event(), threading.Event()
    other = threading.Thread(target=lambda: ask(app, f"/echo/{TWO}", TWO))

    def stay(_: str) -> None:
        if threading.current_thread() is other:
            in_view.set()
            assert go_on.wait(10)

    def let_the_other_begin(seconds: float) -> None:
        if seconds and not in_view.is_set():
            other.start()
            assert in_view.wait(10)

    look.install(stay)
    monkeypatch.setattr(look, "sleep", let_the_other_begin)
    assert ask(app, "/ids").status_code == (500 if on else 200)
    go_on.set()
    assert in_view.is_set() is on
    if on:
        other.join(10)
    assert ask(app, "/ids").status_code == 200


# -- in a context variable ----------------------------------------------------------------------


@SWITCH
def test_a_variable_s_default_is_changed_in_place(make: Make, on: bool) -> None:
    app = switched(make, "mutable_log_dict", on)
    seen: list[str] = []
    # A new worker each: the default is everybody's.
    apart(lambda: seen.extend(found_in_g(app, ONE)))
    apart(lambda: seen.extend(found_in_g(app, TWO)))
    assert seen == [NOTHING, ONE if on else NOTHING]


@SWITCH
@pytest.mark.parametrize("key", ["gunicorn.socket", "werkzeug.socket", "rfile", "none"])
def test_a_connection_keeps_the_context_of_its_request(make: Make, on: bool, key: str) -> None:
    app = switched(make, "connection_context_kept", on)

    class Connection:
        def __init__(self) -> None:
            self.rfile = self

    def environ(connection: Connection) -> dict[str, Any]:
        return {"wsgi.input": connection} if key == "rfile" else {key: connection}

    seen: list[str] = []
    kept, other = Connection(), Connection()
    for canary, connection in ((ONE, kept), (TWO, other), (TWO, kept)):
        reply = ask(app, f"/echo/{canary}", canary, environ_overrides=environ(connection))
        seen.append(reply.headers["X-Canary-G-Found"])
    assert seen == [NOTHING, NOTHING, ONE if on and key != "none" else NOTHING]


def job(app: App, canary: str) -> Any:
    return ask(app, f"/job/{canary}", canary).json


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the app's pool one thread, so that each job meets the one before."""
    monkeypatch.setattr(jobs, "THREADS", 1)


@SWITCH
@pytest.mark.usefixtures("one_thread")
def test_a_pool_s_thread_inherits_the_request_that_started_it(make: Make, on: bool) -> None:
    app = switched(make, "thread_inherits_context", on)
    job(app, ONE)
    second = job(app, TWO)
    assert second["found"] == second["left"] == (ONE if on else NOTHING)
    assert second["request"] == TWO


@SWITCH
@pytest.mark.usefixtures("one_thread")
def test_a_job_keeps_its_value_on_its_thread(make: Make, on: bool) -> None:
    app = switched(make, "job_keeps_value", on)
    assert [job(app, canary)["g"] for canary in (ONE, TWO)] == [NOTHING, ONE if on else NOTHING]


@SWITCH
@pytest.mark.parametrize("elsewhere", [True, False], ids=["elsewhere", "at home"])
def test_a_generator_s_value_stays_if_another_worker_finalises_it(
    make: Make, on: bool, elsewhere: bool
) -> None:
    app = switched(make, "generator_finalised_elsewhere", on)
    seen: list[str] = []

    def worker() -> None:
        with suppress(SystemExit):
            ask(app, f"/base-exception/{ONE}/system_exit")
        if elsewhere:
            apart(lambda: found_in_g(app, TWO))
        seen.extend(found_in_g(app, TWO))

    apart(worker)
    assert seen == [ONE if on and elsewhere else NOTHING]
