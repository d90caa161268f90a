"""What each fault must raise is compared with what was found; both ways."""

from __future__ import annotations

import pytest

from harness.checkers.table import CHECKERS
from harness.sensitivity.expectation import COLUMNS
from harness.sensitivity.expectations import EXPECTATIONS, find_expectation
from harness.sensitivity.matrix import compare, fill_matrix, raised
from harness.verdict import Result, Verdict


def results(*invalid: str) -> tuple[Result, ...]:
    return tuple(
        Result(
            checker.law.id,
            checker.law.title,
            Verdict.INVALID if checker.law.id in invalid else Verdict.VALID,
        )
        for checker in CHECKERS
    )


@pytest.mark.parametrize(
    ("fault", "column", "found", "told"),
    [
        ("", "pool", (), ()),
        ("", "pool", ("I1",), ("the target without a fault raised I1 in column pool",)),
        ("global_request", "pool", ("I1",), ()),
        ("global_request", "greenlet", ("I0", "I1", "CYCLE"), ()),
        ("global_request", "greenlet", ("I0",), ("fault global_request must raise I1 in column greenlet",)),
        ("global_request", "pool", ("I1", "I7"), ("fault global_request raised I7 in column pool",)),
        ("global_request", "process", (), ()),
        ("tl_unpatched", "process", (), ()),
        ("tl_unpatched", "process", ("I1",), ("raised I1 in column process, where it must stay silent",)),
        ("teardown_error_stops_others", "process", ("I6",), ()),
        ("teardown_error_stops_others", "pool", (), ("must raise I6 in column pool, and did not",)),
        ("teardown_error_stops_others", "pool", ("I1", "I6"), ("raised I1 in column pool",)),
    ],
)
def test_compare(fault: str, column: str, found: tuple[str, ...], told: tuple[str, ...]) -> None:
    differences = compare(fault, column, results(*found))
    assert len(differences) == len(told)
    assert all(words in difference for words, difference in zip(told, differences, strict=True))
    assert fill_matrix({(fault, column): results(*found)})[fault, column].right is (not told)


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
