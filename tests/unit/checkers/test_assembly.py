"""Whole operations come out of interleaved records, whatever the cut; silent ones are given up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from harness.checkers.assembly import Assembly, Groups
from harness.checkers.view import Views
from harness.history.columns import Batch
from harness.history.layout import Kind
from tests.unit.checkers.notation import operation, tell


def cut(batch: Batch, size: int) -> list[Batch]:
    return [
        replace(batch, first=at, records=batch.records[at : at + size])
        for at in range(0, len(batch.records), size)
    ]


def groups_of(groups: Groups) -> list[tuple[int, list[int]]]:
    return [
        (int(groups.columns.op[start]), groups.numbers[start:end].tolist())
        for start, end in zip(groups.starts, groups.ends, strict=True)
    ]


class Told:
    """What an assembly hands out of a story."""

    def __init__(self, batches: Iterable[Batch], silence: int = 1000) -> None:
        self.whole: list[tuple[int, list[int]]] = []
        self.strays: list[int] = []
        views, self.assembly = Views(), Assembly([Kind.STEP], silence)
        for batch in batches:
            done = self.assembly.feed(views.of(batch))
            self.whole += groups_of(done.whole)
            self.strays += [number for _, numbers in groups_of(done.strays) for number in numbers]
        facts = tell("").facts()
        self.cut_off = [group for _, cut in self.assembly.rest(facts) for group in groups_of(cut)]

    def everything(self) -> tuple[object, ...]:
        return sorted(self.whole), sorted(self.strays), self.cut_off, self.assembly.silent


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_interleaved_operations_come_out_whole(size: int) -> None:
    (batch,) = tell("1< 2< 1.view 2.view 1> 3< 2> 3.view").batches()
    told = Told(cut(batch, size))
    assert sorted(told.whole) == [(operation(1), [0, 2, 4]), (operation(2), [1, 3, 6])]
    assert told.cut_off == [(operation(3), [5, 7])]
    assert told.strays == []


@pytest.mark.parametrize("size", [1, 2, 100])
def test_records_of_an_operation_that_is_not_inside_are_strays(size: int) -> None:
    (batch,) = tell("1.view 1< 1> 1.view 1.view 1< 1>").batches()
    told = Told(cut(batch, size))
    assert told.strays == [0, 3, 4]
    assert [numbers for _, numbers in told.whole] == [[1, 2], [5, 6]]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_an_operation_that_comes_in_again_ends_its_first_visit(size: int) -> None:
    (batch,) = tell("1< 1.view 1< 1>").batches()
    assert [numbers for _, numbers in Told(cut(batch, size)).whole] == [[0, 1], [2, 3]]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_silent_operation_is_given_up_and_its_late_records_are_no_strays(size: int) -> None:
    (batch,) = tell("1< 2< 2.view 2.view 2.view 2.view 1.view 1> 2>").batches()
    told = Told(cut(batch, size), silence=3)
    assert told.assembly.silent == 1
    assert [numbers for _, numbers in told.whole] == [[1, 2, 3, 4, 5, 8]]
    assert told.strays == []


@pytest.mark.parametrize("size", [1, 3, 100])
def test_an_operation_that_never_speaks_again_is_given_up_too(size: int) -> None:
    (batch,) = tell("1< 2< 2.view 2.view 2.view 2.view 2>").batches()
    told = Told(cut(batch, size), silence=3)
    assert (told.assembly.silent, told.cut_off) == (1, [])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 100])
@pytest.mark.parametrize("story", ["1< 2< 2.view 1.view 2> 1>", "1< 2< 1.view 2.view 1.view 2> 3<"])
def test_a_pause_just_short_of_silence_is_none(story: str, size: int) -> None:
    (batch,) = tell(story).batches()
    assert Told(cut(batch, size), silence=3).assembly.silent == 0


def test_what_is_carried_over_is_bounded_however_many_never_leave() -> None:
    (batch,) = tell(" ".join(f"{who}< {who}.view" for who in range(1, 10))).batches()
    assembly, views = Assembly([Kind.STEP], silence=4), Views()
    for piece in cut(batch, 2):
        assembly.feed(views.of(piece))
        assert assembly.carried <= 6


def test_a_witness_is_the_record_itself_also_when_carried_over() -> None:
    (batch,) = tell("1< 2< 1.view 1> 2>").batches()
    views, assembly = Views(), Assembly([Kind.STEP])
    done = [assembly.feed(views.of(piece)).whole for piece in cut(batch, 2)][1]
    assert [done.event(int(done.starts[0]) + at).number for at in range(3)] == [0, 2, 3]
    assert done.event(int(done.starts[0]))["t"] == int(batch.records["t"][0])
