"""I7: an id that two operations were handed, wherever they were recorded."""

from __future__ import annotations

from dataclasses import replace

from harness.checkers.judge import Judging
from harness.checkers.table import CHECKERS
from harness.history.columns import Batch
from harness.history.facts import ColumnFacts
from harness.verdict import Result
from tests.unit.checkers.notation import judge_story, operation, tell


def ids_of(*batches: Batch) -> Result:
    judging = Judging([checker for checker in CHECKERS if checker.law.id == "I7"])
    for batch in batches:
        judging.feed(batch)
    (result,) = judging.finish(ColumnFacts("process", "made-up", True, ()))
    return result


def test_different_ids_are_silent() -> None:
    result = judge_story("I7", "1( 1=issued_id:n7:0 2( 2=issued_id:n8:0")
    assert (result.count, result.facts["ids"]) == (0, 2)


def test_an_id_handed_out_twice_names_both_operations() -> None:
    result = judge_story("I7", "1( 1=issued_id:n7:0 2( 2=issued_id:n8:0 3( 3=issued_id:n7:0")
    (violation,) = result.violations
    assert violation.explanation == "Operation w0.c1#1 and operation w0.c3#1 were handed out the same id."
    assert violation.operations == (operation(1), operation(3))
    assert [event["op"] for event in violation.witness] == [operation(1), operation(3)]


def test_each_further_use_of_an_id_is_one_violation() -> None:
    assert judge_story("I7", "1=issued_id:n7:0 2=issued_id:n7:0 3=issued_id:n7:0").count == 2


def test_ids_that_were_handed_out_once_hide_none_that_was_handed_out_twice() -> None:
    assert judge_story("I7", "1=issued_id:n1:0 2=issued_id:n7:0 3=issued_id:n7:0 4=issued_id:n9:0").count == 1


def test_no_id_is_a_violation_of_its_own_and_no_duplicate() -> None:
    result = judge_story("I7", "1=issued_id:0:0 2=issued_id:0:0 3=issued_id:?:0")
    assert {violation.anomaly for violation in result.violations} == {"no-id"}
    assert result.count == 3


def test_two_load_workers_are_compared_whichever_comes_first() -> None:
    (one,) = tell("1=issued_id:n7:0").batches()
    (other,) = tell("2=issued_id:n7:0").batches()
    other = replace(other, source="client/1")
    assert ids_of(one, other) == ids_of(other, one)
    assert ids_of(one, other).count == 1


def test_duplicates_are_told_by_journal_and_number() -> None:
    (one,) = tell("4=issued_id:n8:0 3=issued_id:n7:0 2=issued_id:n7:0 1=issued_id:n8:0").batches()
    other = replace(one, source="client/1")
    places = [
        (violation.witness[-1].source, violation.witness[-1].number)
        for violation in ids_of(other, one).violations
    ]
    assert places == [("client/0", 2), ("client/0", 3), *(("client/1", number) for number in range(4))]
