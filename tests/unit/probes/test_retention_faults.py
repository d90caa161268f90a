"""Faults that keep finished requests, and wrappers that lose ``close()``: on shows, off does not."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder

from targetapp.faults import deactivate
from targetapp.framework import App
from targetapp.framework import globals as globals_
from tests.unit.probes.asking import ONE, ask
from tests.unit.probes.switching import SWITCH, Make, switched


@contextmanager
def watching(app: App) -> Iterator[list[weakref.ref[Any]]]:
    """Watch the requests that end, with the collector off."""
    seen: list[weakref.ref[Any]] = []

    def watch(_: BaseException | None) -> None:
        seen.append(weakref.ref(globals_.current_request_context().request))

    app.teardown_request_funcs[None].append(watch)
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield seen
    finally:
        if enabled:
            gc.enable()


def serve(app: App, path: str, method: str = "GET", chunks: int | None = None) -> None:
    """Call an app as a server does: read *chunks* of the body, by default all, and close it."""
    environ = EnvironBuilder(path, method=method, headers=[("X-Canary", ONE)]).get_environ()
    try:
        body: Any = app(environ, lambda *_: lambda _: None)
    except ExceptionGroup:
        return
    for number, _ in enumerate(body, 1):
        if number == chunks:
            break
    close = getattr(body, "close", None)
    if close is not None:
        close()


def kept(seen: list[weakref.ref[Any]]) -> int:
    return sum(reference() is not None for reference in seen)


ECHO, STREAM = (f"/echo/{ONE}", "GET", None), (f"/stream/{ONE}", "GET", None)
HEAD, LEFT = (f"/echo/{ONE}", "HEAD", None), (f"/stream/{ONE}", "GET", 1)
ABORT, ERROR = (f"/abort/{ONE}", "GET", None), (f"/unhandled-error/{ONE}", "GET", None)
STATIC, FAILING = ("/static/probe.txt", "GET", None), (f"/teardown-error/{ONE}", "GET", None)
ALL = (ECHO, STREAM, HEAD, LEFT, ABORT, ERROR, STATIC, FAILING)
#: One that leaves the app as an exception has no body that anybody could forget to close.
ANSWERED = ALL[:-1]
#: Fault -> the requests that it keeps.
KEEPS = {
    "close_dropped": ANSWERED,
    "close_only_on_exhaust": (LEFT,),
    "close_lost_on_head": (HEAD,),
    "traced_iterator": ANSWERED,
    "no_teardown_registered": ALL,
    "module_exception": (ABORT,),
    "frame_cycle": (ERROR,),
    "receiver_per_request": ALL,
    "scope_made_again": ALL,
}


# A file whose close() is lost says so as it goes.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@SWITCH
@pytest.mark.parametrize("fault", KEEPS)
def test_a_fault_keeps_the_requests_it_is_about(make: Make, fault: str, on: bool) -> None:
    app = switched(make, fault, on)
    with watching(app) as seen:
        for wanted in ALL:
            del seen[:]
            serve(app, *wanted)
            assert len(seen) == 1
            assert kept(seen) == (on and wanted in KEEPS[fault]), wanted


@SWITCH
def test_a_cycle_is_what_the_collector_finds(make: Make, on: bool) -> None:
    app = switched(make, "frame_cycle", on)
    with watching(app) as seen:
        serve(app, *ERROR)
        assert kept(seen) == on
        gc.collect()
        assert kept(seen) == 0


def test_the_collector_is_off_with_that_fault_alone(make: Make) -> None:
    assert gc.isenabled()
    make("frame_cycle")
    assert not gc.isenabled()
    deactivate()
    assert gc.isenabled()


@pytest.mark.parametrize("fault", [name for name in KEEPS if "close" in name or "iterator" in name])
def test_a_wrapper_changes_no_answer(make: Make, fault: str) -> None:
    for path in (f"/echo/{ONE}", f"/stream/{ONE}", f"/abort/{ONE}"):
        for method in ("GET", "HEAD"):
            with_it, without = (ask(app, path, method=method) for app in (make(fault), make()))
            assert (with_it.status_code, with_it.data) == (without.status_code, without.data)
