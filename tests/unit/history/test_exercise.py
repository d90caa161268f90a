"""What a run went through is counted by its two ends; what it did not reach is told."""

from __future__ import annotations

from itertools import pairwise

import pytest

from harness.history.columns import Batch
from harness.history.exercise import Exercise, Exercising
from harness.history.stories import EVENTS_MAX, gather_stories
from tests.unit.checkers.notation import operation, tell

STORY = "1< 1:up 2< 2:up 1?before 2:serve 1?after 1> 2> 3< 3>"


def exercised(batches: list[Batch]) -> Exercise:
    exercising = Exercising()
    for batch in batches:
        exercising.feed(batch)
    return exercising.finish()


def batches_of(story: str, rows: int = 10_000) -> list[Batch]:
    return [
        Batch(batch.side, batch.source, batch.pid, batch.first + at, batch.records[at : at + rows])
        for batch in tell(story).batches()
        for at in range(0, len(batch.records), rows)
    ]


def test_switches_are_counted_by_where_and_whereto() -> None:
    found = exercised(batches_of(STORY))
    assert {(way.interrupted, way.went_on): way.count for way in found.busiest} == {
        ("match_request", "enter"): 1,
        ("match_request", "view_before_yield"): 1,
        ("view_before_yield", "request_started"): 1,
        ("view", "view_after_yield"): 1,
    }
    assert (found.switches, found.ways) == (4, 4)


def test_one_request_after_the_other_is_no_switch() -> None:
    found = exercised(batches_of("1< 1:all 1> 2< 2:all 2>"))
    assert (found.switches, found.busiest) == (0, ())
    assert dict(found.steps)["view"] == 2


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_however_it_is_cut_it_is_the_same(rows: int) -> None:
    assert exercised(batches_of(STORY, rows)) == exercised(batches_of(STORY))


def test_what_was_never_reached_has_no_times() -> None:
    found = exercised(batches_of(STORY))
    assert dict(found.steps)["handle_exception"] == 0
    assert dict(found.looks) == {
        "view_before_yield": 1,
        "view_after_yield": 1,
        "nested_app_context": 0,
        "stream_chunk": 0,
        "job_start": 0,
        "job": 0,
        "job_end": 0,
    }
    assert Exercising().finish() == Exercise()


def test_a_story_is_all_that_an_operation_wrote_in_order() -> None:
    told = gather_stories(batches_of("1( " + STORY + " 1)200", rows=4), [operation(1)])
    (events,) = told.values()
    assert {event["op"] for event in events} == {operation(1)}
    assert len(events) == 2 + 1 + 5 + 2 + 1
    for first, second in pairwise(events):
        assert first.source != second.source or first.number < second.number


def test_nobody_s_story_is_not_told_and_a_long_one_is_cut() -> None:
    assert gather_stories(batches_of(STORY), []) == {}
    assert gather_stories(batches_of(STORY), [7]) == {}
    long = "1< " + "1.view " * (EVENTS_MAX + 9) + "1>"
    assert len(gather_stories(batches_of(long), [operation(1)])[operation(1)]) == EVENTS_MAX
