"""The first few violations are kept, the same ones in whatever order they come."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from harness.checkers.judge import Judging
from harness.checkers.table import CHECKERS
from harness.checkers.tally import KEPT, Tally
from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import Side
from harness.verdict import Violation
from tests.unit.checkers.notation import tell


def facts(**gaps: int) -> ColumnFacts:
    journals = tuple(
        JournalFacts(Side.SERVER, source, 1, 9, True, gaps=number) for source, number in gaps.items()
    )
    return ColumnFacts("thread", "made-up", True, journals)


def violation(source: str, number: int, operation: int) -> Violation:
    return Violation("I1", "a", f"{source} {number}", (), (operation,))


def kept(entries: list[tuple[str, int, int]]) -> list[str]:
    tally = Tally()
    for source, number, operation in entries:
        tally.add(source, number, operation, "a", lambda s=source, n=number, o=operation: violation(s, n, o))  # type: ignore[misc]
    found = tally.close(facts())
    assert found.count == len(entries)
    return [one.explanation for one in found.violations]


def test_the_first_by_journal_and_number_are_kept() -> None:
    entries = [("s1", number, number) for number in range(30, 0, -1)] + [("s0", 99, 99)]
    first = ["s0 99", *(f"s1 {number}" for number in range(1, KEPT))]
    assert kept(entries) == kept(entries[::-1]) == first


def test_one_that_comes_late_takes_the_place_of_the_last_only() -> None:
    every_other = [("s", 2 * number, number) for number in range(1, KEPT + 1)]
    late = ("s", 2 * KEPT - 1, 99)
    assert kept([*every_other, late]) == [*(f"s {2 * number}" for number in range(1, KEPT)), f"s {late[1]}"]
    assert kept([*every_other, ("s", 2 * KEPT + 1, 99)])[-1] == f"s {2 * KEPT}"


def test_of_an_operation_the_first_is_kept() -> None:
    entries = [("s", 5, 1), ("s", 3, 1), ("s", 4, 2), ("s", 9, 2)]
    assert {tuple(kept(list(order))) for order in permutations(entries)} == {("s 3", "s 4")}


def test_one_that_an_earlier_one_replaced_takes_no_room() -> None:
    others = [("s", number, number) for number in range(4, 3 + KEPT)]
    first = [f"s {number}" for number in range(3, 3 + KEPT)]
    assert kept([("s", 50, 1), ("s", 3, 1), *others]) == first
    assert kept([("s", 50, 1), ("s", 3, 1), *others, ("s", 20, 99)]) == first


@pytest.mark.parametrize("size", [1, 2, 100])
def test_rows_of_a_batch_are_kept_as_single_ones_are(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.checkers.tally.KEPT", 2)
    story = tell("1< 2< 3< 1.view=9 1.view=9 2.view=9 1.view=9 3.view=9 2.view=9")
    judging = Judging([checker for checker in CHECKERS if checker.law.id == "I1"])
    for batch in story.batches():
        for at in range(0, len(batch.records), size):
            judging.feed(replace(batch, first=at, records=batch.records[at : at + size]))
    (result,) = judging.finish(story.facts())
    assert result.kinds == {"foreign-request": 6, "lost-app": 6}
    places = [(one.anomaly, one.witness[-1].number) for one in result.violations]
    assert places == [(anomaly, number) for anomaly in ("foreign-request", "lost-app") for number in (3, 5)]


def test_one_that_was_pushed_out_may_come_back_with_a_smaller_number() -> None:
    late = [("s", 100, 50)]
    others = [("s", number, number) for number in range(10, 10 + KEPT)]
    assert kept([*late, *others, ("s", 1, 50)])[0] == "s 1"


def test_anomalies_are_kept_apart() -> None:
    tally = Tally()
    for anomaly in ("b", "a"):
        for number in range(KEPT + 5):
            tally.add("s", number, number, anomaly, lambda n=number, a=anomaly: violation(a, n, n))  # type: ignore[misc]
    found = tally.close(facts())
    assert found.count == 2 * (KEPT + 5)
    assert [one.explanation[0] for one in found.violations] == ["a"] * KEPT + ["b"] * KEPT


def test_an_absence_in_a_journal_with_gaps_is_withheld() -> None:
    tally = Tally(frozenset({"missing"}))
    for source in ("gapped", "gapped too", "whole"):
        for anomaly in ("missing", "foreign"):
            tally.add(source, 1, 1, anomaly, lambda s=source: violation(s, 1, 1))  # type: ignore[misc]
    found = tally.close(facts(**{"gapped": 1, "gapped too": 2, "whole": 0}))
    assert (found.count, found.withheld) == (4, 2)
    assert found.kinds == (("foreign", 3), ("missing", 1))
    assert [one.explanation for one in found.violations] == ["gapped 1", "gapped too 1", "whole 1", "whole 1"]
