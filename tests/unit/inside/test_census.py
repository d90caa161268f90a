"""What outlives its operation is counted, by how it is freed; what dies with it is not."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from harness.history.canary import ABSENT, UNMARKED, CanaryKind, make_canary
from harness.history.layout import Freed, Holder, Kind, Remains
from harness.inside.census import PLACES_MAX, TOLD_MAX, Census, Count, Remainder
from harness.inside.locality import Here, Locality
from tests.unit.inside.conftest import ProcessMaker
from tests.unit.inside.miniature import OPERATION, Context, Process

OTHER = make_canary(CanaryKind.OPERATION, 0, 2, 9)
LAST = make_canary(CanaryKind.OPERATION, 0, 3, 1)


class Request:
    """A request."""


@pytest.fixture(autouse=True)
def _no_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def census() -> Census:
    return Census(Locality())


def push(census: Census, number: int, where: bytes = b"gone----", request: Any = None) -> list[Context]:
    """Push both contexts of an operation, and return them."""
    here = Here(where, number, 0, 2)
    app_context, context = Context(), Context(request=request or Request())
    census.pushed(here, "app_context_push", app_context)
    census.pushed(here, "request_context_push", context)
    return [app_context, context]


def test_what_dies_with_its_operation_is_not_counted(census: Census) -> None:
    push(census, OPERATION)
    push(census, OTHER)
    assert census.take() == Count(6, ())


def test_what_something_refers_to_is_never_freed(census: Census) -> None:
    kept = push(census, OPERATION)
    push(census, OTHER)
    remains = {Remains.APP_CONTEXT, Remains.REQUEST_CONTEXT, Remains.REQUEST}
    found = census.take().remains
    assert {(one.operation, one.what, one.freed) for one in found} == {
        (OPERATION, what, Freed.NEVER) for what in remains
    }
    assert {one.what: one.holder for one in found} == {
        Remains.APP_CONTEXT: Holder.SEQUENCE,
        Remains.REQUEST_CONTEXT: Holder.SEQUENCE,
        Remains.REQUEST: Holder.DICT,
    }
    assert kept


def test_what_is_in_a_cycle_is_left_to_the_collector(census: Census) -> None:
    app_context, context = push(census, OPERATION)
    context.__dict__["itself"] = context
    del app_context, context
    remains = {Remains.REQUEST_CONTEXT, Remains.REQUEST}
    assert set(census.take().remains) == {Remainder(OPERATION, what, Freed.BY_COLLECTOR) for what in remains}


def test_a_request_that_two_contexts_share_is_counted_once(census: Census) -> None:
    request = Request()
    push(census, OPERATION, request=request)
    push(census, OPERATION, request=request)
    assert census.take().remains == (Remainder(OPERATION, Remains.REQUEST, Freed.NEVER),)


def test_the_last_operation_of_a_thread_that_still_exists_is_spared(census: Census) -> None:
    here = Locality().here().where
    kept = [push(census, OPERATION, here), push(census, LAST, here), push(census, OTHER)]
    assert {each.operation for each in census.take().remains} == {OPERATION, OTHER}
    assert kept


def test_that_of_a_thread_that_has_ended_is_not(census: Census) -> None:
    kept: list[Any] = []

    def run() -> None:
        kept.append(push(census, LAST, Locality().here().where))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert {each.operation for each in census.take().remains} == {LAST}
    assert kept


def test_the_last_operation_of_a_greenlet_that_still_exists_is_spared() -> None:
    from greenlet import getcurrent, greenlet

    main = getcurrent()
    locality = Locality(greenlets=True)
    census = Census(locality)
    kept: list[Any] = []

    def serve(number: int, ends: bool) -> None:
        kept.append(push(census, number, locality.here().where))
        if not ends:
            main.switch()

    waiting = greenlet(serve)
    waiting.switch(LAST, False)
    greenlet(serve).switch(OTHER, True)
    assert {each.operation for each in census.take().remains} == {OTHER}
    waiting.switch()


@pytest.mark.parametrize("number", [ABSENT, UNMARKED])
def test_operations_of_nobody_s_are_not_watched(census: Census, number: int) -> None:
    kept = push(census, number)
    assert census.take() == Count(0, ())
    assert kept


def test_what_can_t_be_watched_is_left_alone(census: Census) -> None:
    class Slotted:
        __slots__ = ()

    class WithoutHash:
        __hash__ = None  # type: ignore[assignment]

    here = Here(b"gone----", OPERATION, 0, 2)
    for context in (Slotted(), WithoutHash()):
        census.pushed(here, "app_context_push", context)
    assert census.take() == Count(0, ())


def test_a_target_that_keeps_everything_does_not_fill_the_disk(census: Census) -> None:
    kept = [push(census, OPERATION + number) for number in range(TOLD_MAX)]
    count = census.take()
    assert (count.looked, len(count.remains)) == (3 * TOLD_MAX, TOLD_MAX)
    assert kept


def test_places_that_are_gone_are_forgotten(census: Census) -> None:
    here = Locality().here().where
    kept = push(census, LAST, here)
    for number in range(PLACES_MAX + 1):
        push(census, OTHER, b"\xff\xff\xff\x7f" + number.to_bytes(4, "little"))
    assert census.take().remains == ()  # the one that is there was not
    assert kept


def census_rows(process: Process) -> list[tuple[int, int, int, int]]:
    rows = [row for row in process.rows() if row["kind"] == Kind.CENSUS]
    return [(row["op"], row["point"], row["detail"], row["value"]) for row in rows]


def serve_one(process: Process, number: int) -> Context:
    before = process.locality.here()
    here = process.enter(number)
    process.observer.enter(here)
    context = Context(request=Request(), session=None)
    process.observer.hook("request_context_push", context)
    process.observer.exit(here)
    process.locality.put(before)
    return context


def test_the_count_is_written_as_the_journal_is_closed(make_process: ProcessMaker) -> None:
    process = make_process(census=True)
    kept = [serve_one(process, OPERATION)]
    serve_one(process, LAST)
    assert census_rows(process) == [
        (ABSENT, Remains.SUMMARY, Freed.NONE, 4),
        (OPERATION, Remains.REQUEST_CONTEXT, Freed.NEVER, Holder.SEQUENCE),
        (OPERATION, Remains.REQUEST, Freed.NEVER, Holder.DICT),
    ]
    assert kept


def test_a_process_with_a_request_inside_takes_none(make_process: ProcessMaker) -> None:
    process = make_process(census=True)
    serve_one(process, OPERATION)
    process.observer.enter(process.enter(LAST))
    assert census_rows(process) == []


def test_without_being_asked_to_nobody_watches(process: Process) -> None:
    kept = [serve_one(process, OPERATION)]
    assert process.observer.pushed is None
    assert census_rows(process) == []
    assert kept
