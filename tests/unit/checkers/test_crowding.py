"""A target that never leaves its operations can't fill the memory of those who judge it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.checkers import crowding
from harness.checkers.assembly import Assembly
from harness.checkers.view import Views
from harness.history.columns import Batch
from harness.history.layout import Kind
from harness.verdict import Verdict
from harness.workers.table import CONCURRENCY_MAX
from tests.unit.checkers.notation import judge_story, tell

#: Operation 2 is whole before the third one is in the target at once; 3 leaves too late to be judged.
CROWDED = "1< 2< 2.view 2> 3< 4< 4.view 4> 3> 5< 5>"
#: The same operations, never more than two at once.
IN_TURN = "1< 2< 2.view 2> 1> 3< 4< 4.view 4> 3> 5< 5>"


def assembled(story: str, size: int, most: int = 2) -> tuple[list[int], list[int], int, list[str]]:
    """Return the first records of whole operations, the strays, what is carried over, and the doubts."""
    (batch,) = tell(story).batches()
    assembly, views = Assembly([Kind.STEP], most=most), Views()
    whole: list[int] = []
    strays: list[int] = []
    for piece in cut(batch, size):
        done = assembly.feed(views.of(piece))
        whole += done.whole.numbers[done.whole.starts].tolist()
        strays += done.strays.numbers[done.strays.starts].tolist()
    return sorted(whole), strays, assembly.carried, list(assembly.crowding.doubts())


def cut(batch: Batch, size: int) -> list[Batch]:
    return [
        replace(batch, first=at, records=batch.records[at : at + size])
        for at in range(0, len(batch.records), size)
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_from_the_record_on_that_is_one_too_many_nothing_is_judged(size: int) -> None:
    whole, strays, carried, doubts = assembled(CROWDED, size)
    assert (whole, strays, carried) == ([1], [], 0)
    (doubt,) = doubts
    assert "More than 2 operations were in the target at once" in doubt
    assert "up to record 5 only" in doubt


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_as_many_as_may_be_are_all_judged(size: int) -> None:
    assert assembled(IN_TURN, size) == ([0, 1, 5, 6, 10], [], 0, [])


def test_a_target_that_never_leaves_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowding, "OPEN_MAX", 2)
    for law in ("I6", "CYCLE"):
        result = judge_story(law, "1< 2< 3< 4<")
        assert result.verdict is Verdict.UNKNOWN
        assert any("at once" in doubt for doubt in result.doubts)


def test_a_target_that_leaves_is_not_doubted_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowding, "OPEN_MAX", 2)
    for law in ("I6", "CYCLE"):
        result = judge_story(law, "1< 1:all 1~ 1> 2< 2:all 2~ 2> 3< 3:all 3~ 3>")
        assert (result.verdict, result.doubts) == (Verdict.VALID, ())


def test_no_concurrency_that_can_be_asked_for_is_a_crowd() -> None:
    assert crowding.OPEN_MAX >= CONCURRENCY_MAX
