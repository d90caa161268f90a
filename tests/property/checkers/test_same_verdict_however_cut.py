"""Whole or in pieces, the journals in whatever order: the same results, to the last witness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from unittest.mock import patch

import numpy as np
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from harness.bench.histories import HistoryMaker
from harness.checkers import assembly, shapes, tally, view
from harness.checkers.judge import judge
from harness.history.canary import CanaryKind, make_canary
from harness.history.columns import Batch, Records
from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import Kind, Outcome, Side
from harness.history.measures import Measuring
from harness.verdict import Result, Verdict

#: Columns of either side that a broken target or client may hold something wrong in.
COLUMNS = {Side.SERVER: ("request", "g", "session", "value", "app", "activation"), Side.CLIENT: ("value",)}
FAST = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[ColumnFacts, list[Batch]]:
    """Draw a made-up history, broken at some places, as one batch for each journal."""
    seed = draw(st.integers(0, 1000))
    journals = draw(st.integers(1, 3))
    maker = HistoryMaker(seed, journals=journals, concurrency=draw(st.integers(1, 8)), rows=1 << 20, block=16)
    whole = [break_somewhere(draw, batch) for batch in maker.batches(draw(st.sampled_from([400, 1200])))]
    facts = ColumnFacts(
        draw(st.sampled_from(["thread", "process"])),
        "made-up",
        inside=draw(st.integers(0, 9)) > 0,
        journals=tuple(
            JournalFacts(
                batch.side,
                batch.source,
                batch.pid,
                len(batch.records),
                closed=draw(st.booleans()),
                gaps=draw(st.integers(0, 9)) // 9,
                lost=draw(st.integers(0, 9)) // 9,
            )
            for batch in whole
        ),
    )
    return facts, whole


def break_somewhere(draw: st.DrawFn, batch: Batch) -> Batch:
    """Drop, repeat and change a few records of a journal."""
    records = batch.records.copy()
    rows = st.integers(0, len(records) - 1)
    for row in draw(st.lists(rows, max_size=6)):
        column = draw(st.sampled_from(COLUMNS[batch.side]))
        foreign = draw(st.sampled_from([0, 1, 2, int(records["op"][draw(rows)])]))
        records[column][row] = foreign & 0xFF if column in {"app", "activation"} else foreign
        if column == "app":
            records[column][row] = foreign % 3
    for row in draw(st.lists(rows, max_size=3)):
        if records["kind"][row] == Kind.TEARDOWN:
            records["detail"][row] = draw(st.sampled_from(list(Outcome)))
    order = np.arange(len(records))
    order = np.delete(order, draw(st.lists(rows, max_size=6)))
    order = np.sort(np.concatenate([order, np.array(draw(st.lists(rows, max_size=4)), dtype=np.intp)]))
    return replace(batch, records=records[order])


@st.composite
def cuts(draw: st.DrawFn, batches: list[Batch]) -> list[Batch]:
    """Draw a way to cut the batches, and to interleave the journals."""
    left = [pieces(batch, draw(st.lists(st.integers(1, 400), min_size=1, max_size=5))) for batch in batches]
    mixed: list[Batch] = []
    while any(left):
        journal = draw(st.sampled_from([one for one in left if one]))
        mixed.append(journal.pop(0))
    return mixed


def pieces(batch: Batch, sizes: list[int]) -> list[Batch]:
    """Cut a batch into pieces of these sizes, over and over."""
    made: list[Batch] = []
    at = 0
    while at < len(batch.records):
        size = sizes[len(made) % len(sizes)]
        made.append(replace(batch, first=batch.first + at, records=batch.records[at : at + size]))
        at += size
    return made


def violations(results: Iterable[Result]) -> int:
    return sum(result.count for result in results)


@FAST
@given(data=st.data())
def test_the_same_results_however_the_history_is_cut(data: st.DataObject) -> None:
    facts, whole = data.draw(histories())
    results = judge(facts, whole)
    event(f"violations: {min(violations(results), 3)}")
    assert not any("crashed" in doubt for result in results for doubt in result.doubts)
    assert judge(facts, data.draw(cuts(whole))) == results


@FAST
@given(data=st.data())
def test_the_same_results_where_every_limit_is_reached(data: st.DataObject) -> None:
    facts, whole = data.draw(histories())
    with (
        patch.object(tally, "KEPT", 2),
        patch.object(view, "RECENT", 4),
        patch.object(assembly, "SILENCE", 40),
        patch.object(shapes, "REMEMBERED", 3),
    ):
        results = judge(facts, whole)
        assert judge(facts, data.draw(cuts(whole))) == results


@FAST
@given(data=st.data())
def test_the_same_measures_however_the_history_is_cut(data: st.DataObject) -> None:
    _, whole = data.draw(histories())
    measured = []
    for batches in (whole, data.draw(cuts(whole))):
        measuring = Measuring()
        for batch in batches:
            measuring.feed(batch)
        measured.append(measuring.finish())
    assert measured[0] == measured[1]


@FAST
@given(seed=st.integers(0, 10_000), journals=st.integers(1, 4), concurrency=st.integers(1, 20))
def test_a_right_target_is_never_accused(seed: int, journals: int, concurrency: int) -> None:
    maker = HistoryMaker(seed, journals=journals, concurrency=concurrency, block=24)
    batches = list(maker.batches(800))
    results = judge(maker.facts(), batches)
    assert violations(results) == 0
    assert {r.invariant for r in results if r.verdict is not Verdict.VALID} <= {"EVIDENCE"}


@FAST
@given(data=st.data())
def test_a_foreign_request_is_never_missed(data: st.DataObject) -> None:
    maker = HistoryMaker(data.draw(st.integers(0, 1000)), journals=1, block=16)
    batches = list(maker.batches(400))
    server = next(at for at, batch in enumerate(batches) if batch.side is Side.SERVER)
    records: Records = batches[server].records
    inside = np.flatnonzero((records["kind"] == Kind.STEP) & (records["request"] != 0))
    row = int(data.draw(st.sampled_from(inside.tolist())))
    records["request"][row] = make_canary(CanaryKind.OPERATION, 9, 9, 9)
    (result,) = [result for result in judge(maker.facts(), batches) if result.invariant == "I1"]
    assert result.count == 1
    assert "saw the request of operation w9.c9#9" in result.violations[0].explanation
