"""Faults about the end of a context, on its own thread or another: on shows, off does not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from targetapp.framework import App, has_request_context
from targetapp.framework import globals as globals_
from targetapp.probes import jobs, look
from tests.unit.probes.asking import NOTHING, ONE, TWO, ask
from tests.unit.probes.switching import SWITCH, Make, switched

STREAM = f"/stream/{ONE}"


def told(app: App) -> list[BaseException | None]:
    """Return what a teardown callback that runs last is told."""
    found: list[BaseException | None] = []
    app.teardown_request_funcs[None].insert(0, found.append)
    return found


def on_worker(*calls: Callable[[], object]) -> tuple[list[object], bool]:
    """Make calls one after the other on a worker of their own; tell also whether a request stays there."""
    results: list[object] = []
    stays: list[bool] = []

    def run() -> None:
        for call in calls:
            with suppress(Exception):
                results.append(call())
        stays.append(has_request_context())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return results, stays[0]


def g_found(app: App) -> Callable[[], str]:
    return lambda: ask(app, f"/echo/{TWO}", TWO).headers["X-Canary-G-Found"]


@SWITCH
def test_a_session_that_does_not_open_leaves_its_context(make: Make, on: bool) -> None:
    app = switched(make, "session_open_error", on)
    last = told(app)
    (status,), stays = on_worker(lambda: ask(app, f"/failing-session/{ONE}").status_code)
    assert (status, stays, len(last)) == (500, on, not on)
    _, stays = on_worker(lambda: ask(app, f"/unhandled-error/{ONE}"))
    assert not stays


@SWITCH
def test_a_teardown_that_raises_skips_the_pop(make: Make, on: bool) -> None:
    app = switched(make, "pop_not_in_finally", on)
    found, stays = on_worker(lambda: ask(app, f"/teardown-error/{ONE}"), g_found(app))
    assert (found, stays) == ([ONE if on else NOTHING], on)
    lines = ask(app, STREAM, query={"chunks": "2"}).data.splitlines()
    assert len(lines) == 2
    _, stays = on_worker(lambda: ask(app, STREAM))
    assert not stays


@SWITCH
def test_without_reuse_no_g_comes_through(make: Make, on: bool) -> None:
    app = switched(make, "pop_not_in_finally", on)
    app.config["REUSE_APP_CONTEXT"] = False
    found, stays = on_worker(lambda: ask(app, f"/teardown-error/{ONE}"), g_found(app))
    assert (found, stays) == ([NOTHING], on)


@SWITCH
def test_a_stream_is_torn_down_twice(make: Make, on: bool) -> None:
    app = switched(make, "teardown_twice", on)
    last = told(app)
    assert ask(app, STREAM, query={"chunks": "1"}).data.decode().startswith(f"{ONE}.{ONE}.")
    assert last == ([None, None] if on else [None])
    ask(app, f"/echo/{ONE}")
    assert len(last) == (3 if on else 2)


def call(app: App, path: str, canary: str = ONE) -> Any:
    """Call an app as a server does, and return the body."""
    from werkzeug.test import EnvironBuilder

    environ = EnvironBuilder(path, headers=[("X-Canary", canary)]).get_environ()
    return app(environ, lambda *_: lambda _: None)


@SWITCH
def test_an_abandoned_stream_is_closed_on_another_thread(make: Make, on: bool) -> None:
    app = switched(make, "abandoned_other_thread", on)
    closed = threading.Event()
    app.teardown_request_funcs[None].insert(0, lambda _: closed.set())

    def abandon() -> str:
        body = call(app, STREAM + "?chunks=3")
        next(iter(body))
        body.close()
        assert closed.wait(10)
        return ""

    found, stays = on_worker(abandon, g_found(app))
    assert (found, stays) == (["", ONE if on else NOTHING], on)
    # One that is read to its end is closed where it was read.
    _, stays = on_worker(lambda: ask(app, STREAM))
    assert not stays


class InTurn:
    """Two jobs: the second pushes after the first, and pops after it."""

    def __init__(self) -> None:
        self._first: threading.Thread | None = None
        self._first_in, self._second_in, self._first_out = (threading.Event() for _ in range(3))

    def wait(self, point: str) -> None:
        here = threading.current_thread()
        if point == "job_start":
            if self._first is None:
                self._first = here
            else:
                assert self._first_in.wait(10)
        elif point == "job" and here is self._first:
            self._first_in.set()
            assert self._second_in.wait(10)
        elif point == "job":
            self._second_in.set()
            assert self._first_out.wait(10)

    def carry(self, job: Callable[[], Any]) -> Callable[[], Any]:
        def carried() -> Any:
            try:
                return job()
            finally:
                if threading.current_thread() is self._first:
                    self._first_out.set()

        return carried


@SWITCH
def test_two_threads_pop_with_each_other_s_token(make: Make, on: bool) -> None:
    app = switched(make, "executor_shared_context", on)
    if on:
        turn = InTurn()
        look.install(turn.wait)
        look.install_carry(turn.carry)
    try:
        assert ask(app, f"/job/{ONE}").status_code == (500 if on else 200)
    finally:
        look.install(None)
        look.install_carry(None)
    pool = app.extensions[jobs.EXTENSION]._find_pool()
    meet = threading.Barrier(2)

    def look_around() -> str:
        meet.wait(10)
        context = globals_.request_var.get(None)
        return "" if context is None else str(context.request.headers["X-Canary"])

    found = [future.result(10) for future in [pool.submit(look_around) for _ in range(2)]]
    assert found == ([ONE, ONE] if on else ["", ""])
    app.extensions[jobs.EXTENSION].close()


@SWITCH
def test_a_copy_ends_its_owner(make: Make, on: bool) -> None:
    app = switched(make, "copy_pops_owner", on)
    last = told(app)
    replies, stays = on_worker(lambda: ask(app, f"/job/{ONE}").status_code)
    assert replies == ([] if on else [200])
    assert (len(last), stays) == (2, on)


@SWITCH
def test_a_stream_s_context_is_gone_by_the_second_chunk(make: Make, on: bool) -> None:
    app = switched(make, "stream_pushed_elsewhere", on)
    lines = ask(app, STREAM, query={"chunks": "3"}).data.decode().split()
    own, none = f"{ONE}.{ONE}.{NOTHING}", ".".join([NOTHING] * 3)
    assert lines == [own, *([none if on else own] * 2)]


@pytest.mark.parametrize("reuse", [True, False])
def test_an_active_app_context_is_reused_only_if_the_app_is_set_so(make: Make, reuse: bool) -> None:
    app = make()
    app.config["REUSE_APP_CONTEXT"] = reuse
    torn: list[object] = []
    app.teardown_appcontext_funcs.append(torn.append)
    with app.app_context() as around:
        around.g.canary = int(TWO, 16)
        reply = ask(app, f"/echo/{ONE}")
        assert reply.headers["X-Canary-G-Found"] == (TWO if reuse else NOTHING)
        assert len(torn) == (0 if reuse else 1)
        assert globals_.app_var.get(None) is around
    assert len(torn) == (1 if reuse else 2)
    # Alone, or in another app's, a request has its own.
    other = make()
    with other.app_context() as foreign:
        foreign.g.canary = int(TWO, 16)
        assert ask(app, f"/echo/{ONE}").headers["X-Canary-G-Found"] == NOTHING


def test_the_factory_takes_the_semantics(make: Make) -> None:
    from targetapp.probes import create_app

    assert create_app(reuse_app_context=True).config["REUSE_APP_CONTEXT"] is True
    assert make().config["REUSE_APP_CONTEXT"] is False


def test_a_stream_leaves_the_app_context_it_reuses_to_its_owner(make: Make) -> None:
    app = make()
    app.config["REUSE_APP_CONTEXT"] = True
    torn: list[object] = []
    app.teardown_appcontext_funcs.append(torn.append)
    with app.app_context() as around:
        around.g.canary = int(TWO, 16)
        body = ask(app, STREAM, query={"chunks": "2"}).data
        assert len(body.split()) == 2
        assert (torn, globals_.app_var.get(None) is around, around.active) == ([], True, True)
    assert torn == [None]
    with app.test_request_context("/") as context:
        own = context.app_context
        context.pop()
        with app.app_context() as around:
            context.push()
            assert context.app_context is around
            context.pop()
        context.push()
        assert context.app_context not in (own, around)
