"""What each fault must raise is compared with what was found; both ways."""

from __future__ import annotations

import pytest

from harness.checkers.table import CHECKERS
from harness.sensitivity.expectation import COLUMNS, Expectation, these
from harness.sensitivity.expectations import EXPECTATIONS, find_expectation
from harness.sensitivity.matrix import fill_matrix, raised
from harness.sensitivity.outcome import Outcome, Word, differences, first_ns, worst
from harness.verdict import Result, Verdict
from tests.unit.sensitivity.stories import violation


def outcome(fault: str, column: str, *found: str, problems: tuple[str, ...] = (), seed: int = 7) -> Outcome:
    expected = find_expectation(fault, column)
    return Outcome(expected, column, seed, 500, frozenset(found), problems=problems)


@pytest.mark.parametrize(
    ("fault", "column", "found", "word", "told"),
    [
        ("", "pool", (), Word.SILENT, ()),
        ("", "pool", ("I1",), Word.FALSE_ALARM, ("the target without a fault raised I1 in column pool",)),
        ("global_request", "pool", ("I1",), Word.FOUND, ()),
        ("global_request", "greenlet", ("I0", "I1", "CYCLE"), Word.FOUND, ()),
        (
            "global_request",
            "greenlet",
            ("I0",),
            Word.MISSED,
            ("fault global_request must raise I1 in column greenlet",),
        ),
        (
            "global_request",
            "pool",
            ("I1", "I7"),
            Word.FALSE_ALARM,
            ("fault global_request raised I7 in column pool",),
        ),
        ("global_request", "process", (), Word.SILENT, ()),
        ("tl_unpatched", "process", (), Word.SILENT, ()),
        (
            "tl_unpatched",
            "process",
            ("I1",),
            Word.FALSE_ALARM,
            ("raised I1 in column process with seed 7, where it must stay silent",),
        ),
        ("teardown_error_stops_others", "process", ("I6",), Word.FOUND, ()),
        ("teardown_error_stops_others", "pool", (), Word.MISSED, ("must raise I6 in column pool",)),
        ("teardown_error_stops_others", "pool", ("I1", "I6"), Word.FALSE_ALARM, ("raised I1 in column",)),
    ],
)
def test_a_cell_is_compared_with_what_was_expected(
    fault: str, column: str, found: tuple[str, ...], word: Word, told: tuple[str, ...]
) -> None:
    one = outcome(fault, column, *found)
    assert one.word is word
    said = differences(one)
    assert len(said) == len(told)
    assert all(words in difference for words, difference in zip(told, said, strict=True))
    assert fill_matrix([one]).cells[fault, column].right is (not told)


def test_what_the_harness_cannot_say_is_neither_missed_nor_silent() -> None:
    for fault in ("", "global_request"):
        one = outcome(fault, "pool", problems=("the target could not start",))
        assert one.word is Word.FAILED
        assert differences(one) == ()


def test_a_violation_outranks_what_the_harness_cannot_say() -> None:
    assert outcome("global_request", "pool", "I1", problems=("the disk is full",)).word is Word.FOUND
    assert outcome("", "pool", "I1", problems=("the disk is full",)).word is Word.FALSE_ALARM


def test_what_may_be_raised_is_right_either_way() -> None:
    row = Expectation("maybe", ("pool",), may=these("I1"))
    assert Outcome(row, "pool", 7, found=frozenset({"I1"})).word is Word.FOUND
    assert Outcome(row, "pool", 7).word is Word.SILENT


def test_the_worst_seed_counts() -> None:
    good, bad = outcome("global_request", "pool", "I1"), outcome("global_request", "pool", seed=8)
    matrix = fill_matrix([bad, good])
    assert matrix.cells["global_request", "pool"].word is Word.MISSED
    assert [one.seed for one in matrix.cells["global_request", "pool"].outcomes] == [7, 8]
    assert worst([Word.SILENT, Word.FAILED, Word.FOUND]) is Word.FAILED
    assert worst([]) is Word.FAILED


def test_the_matrix_keeps_the_order_of_faults_and_that_of_the_columns() -> None:
    matrix = fill_matrix(
        [outcome("tl_unpatched", "process"), outcome("tl_unpatched", "pool"), outcome("", "pool")]
    )
    assert (matrix.faults, matrix.columns) == (("tl_unpatched", ""), ("pool", "process"))
    assert matrix.row("")[1] is None


def test_the_first_violation_is_told_by_the_last_event_of_its_witness() -> None:
    assert first_ns([violation(times=(5, 90)), violation(times=(40, 60))]) == 60
    assert first_ns([]) is None


def test_a_doubt_is_no_alarm() -> None:
    assert raised([Result("I1", "", Verdict.UNKNOWN)]) == frozenset()


def test_a_fault_that_nothing_is_expected_of_is_refused() -> None:
    with pytest.raises(LookupError, match="add a row to EXPECTATIONS"):
        find_expectation("no_such_fault", "pool")


def test_the_table_is_in_order() -> None:
    laws = {checker.law.id for checker in CHECKERS}
    keys = [(row.fault, column) for row in EXPECTATIONS for column in row.columns]
    assert len(keys) == len(set(keys))
    for row in EXPECTATIONS:
        assert row.must | row.may <= laws
        assert not row.must & row.may
        assert set(row.columns) <= set(COLUMNS)
        assert row.why
