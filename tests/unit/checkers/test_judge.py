"""All checkers in one pass; one that crashes takes nobody with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.bench.histories import HistoryMaker
from harness.checkers.fold import Fold, Law
from harness.checkers.judge import Judging, judge
from harness.checkers.table import CHECKERS, Checker
from harness.checkers.view import View
from harness.history.facts import ColumnFacts
from harness.verdict import Result, Verdict, merge_results
from tests.unit.checkers.notation import tell

LAW = Law("X1", "a law of this test")


class Crashing:
    """A fold that crashes where it is told to."""

    def __init__(self, where: str) -> None:
        self._where = where

    def feed(self, _view: View) -> None:
        if self._where == "feed":
            raise KeyError("a\nkey")

    def finish(self, _facts: ColumnFacts) -> Result:
        if self._where == "finish":
            raise ZeroDivisionError
        return Result("X1", "a law of this test", Verdict.VALID)


def crashing(where: str) -> Checker:
    def start(_law: Law) -> Fold:
        if where == "start":
            raise RuntimeError("no")
        return Crashing(where)

    return Checker(LAW, start)


@pytest.mark.parametrize(
    ("where", "told"),
    [("start", "RuntimeError: no"), ("feed", "KeyError: 'a\\nkey'"), ("finish", "ZeroDivisionError")],
)
def test_a_crash_is_a_doubt_and_the_others_go_on(where: str, told: str) -> None:
    story = tell("1< 1[request=2] 1>".replace("1[", "1.view["))
    judging = Judging([crashing(where), *CHECKERS])
    for batch in story.batches():
        judging.feed(batch)
    crashed, *others = judging.finish(story.facts())
    assert (crashed.verdict, crashed.invariant) == (Verdict.UNKNOWN, "X1")
    (doubt,) = crashed.doubts
    assert f"crashed with {told}: that is a fault of the harness; please report it" in doubt
    assert "\n" not in doubt
    assert tuple(others) == judge(story.facts(), story.batches())


def test_one_that_does_not_crash_is_asked() -> None:
    judging = Judging([crashing("nowhere")])
    assert judging.finish(tell("").facts())[0].verdict is Verdict.VALID


def test_results_come_in_the_order_of_the_table() -> None:
    results = judge(tell("").facts(), ())
    assert [result.invariant for result in results] == [checker.law.id for checker in CHECKERS]
    assert len({checker.law.id for checker in CHECKERS}) == len(CHECKERS)
    assert all(result.title for result in results)


def test_a_right_target_with_enough_evidence_is_valid() -> None:
    maker = HistoryMaker(seed=3)
    batches = list(maker.batches(20_000))
    results = judge(maker.facts("thread"), batches)
    assert [(r.invariant, r.violations, r.doubts) for r in results if r.verdict is not Verdict.VALID] == []
    assert merge_results(results) is Verdict.VALID


def test_a_law_that_nothing_was_recorded_about_is_a_doubt_on_the_whole_mix() -> None:
    story = tell("1( 1< 1:all 1~ 1> 1)200")
    results = judge(replace(story.facts(), scenarios=()), story.batches())
    (ids,) = [r for r in results if r.invariant == "I7"]
    assert (ids.verdict, ids.doubts[0].startswith("Nothing that I7")) == (Verdict.UNKNOWN, True)
    (ids,) = [r for r in judge(story.facts(), story.batches()) if r.invariant == "I7"]
    assert (ids.verdict, ids.looked) == (Verdict.VALID, False)


def test_an_empty_history_has_one_cause() -> None:
    results = judge(ColumnFacts("thread", "made-up", inside=True, journals=()), [])
    assert [r.invariant for r in results if r.doubts] == ["ACCOUNTING"]
    assert merge_results(results) is Verdict.UNKNOWN


def test_a_run_of_two_operations_is_unknown() -> None:
    story = tell("1( 1< 1:all 1~ 1> 1)200 2( 2< 2:all 2~ 2> 2)200")
    results = judge(story.facts(), story.batches())
    assert merge_results(results) is Verdict.UNKNOWN
    assert [r.invariant for r in results if r.verdict is Verdict.UNKNOWN] == ["EVIDENCE"]


def test_a_batch_of_any_size_is_judged_in_pieces() -> None:
    maker = HistoryMaker(seed=4, rows=1 << 16)
    batches = list(maker.batches(60_000))
    small = [
        replace(batch, first=batch.first + at, records=batch.records[at : at + 1000])
        for batch in batches
        for at in range(0, len(batch.records), 1000)
    ]
    assert judge(maker.facts(), batches) == judge(maker.facts(), small)


def test_a_batch_of_more_records_than_are_looked_at_together_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    maker = HistoryMaker(seed=5, rows=1 << 16)
    batches = list(maker.batches(2000))
    whole = judge(maker.facts(), batches)
    monkeypatch.setattr("harness.checkers.judge._ROWS", 100)
    assert judge(maker.facts(), batches) == whole


def test_batches_without_records_are_an_empty_history() -> None:
    facts = tell("").facts()
    empty = [replace(batch, records=batch.records[:0]) for batch in tell("1( 1< 1> 1)200").batches()]
    assert judge(facts, empty) == judge(facts, [])


FOLD_METHODS: tuple[Callable[..., object], ...] = (Fold.feed, Fold.finish)


def test_every_checker_starts_a_fold_of_its_own() -> None:
    for checker in CHECKERS:
        one, other = checker.start(checker.law), checker.start(checker.law)
        assert one is not other
        assert all(hasattr(one, method.__name__) for method in FOLD_METHODS)
