"""What each fault must raise is compared with what was found; both ways."""

from __future__ import annotations

import pytest

from harness.checkers.table import CHECKERS
from harness.sensitivity.expectations import (
    EXPECTATIONS,
    MODELS,
    compare,
    fill_matrix,
    find_expectation,
    raised,
)
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
    ("fault", "model", "found", "told"),
    [
        ("", "thread", (), ()),
        ("", "thread", ("I1",), ("the target without a fault raised I1 under thread",)),
        ("global_request", "thread", ("I1",), ()),
        ("global_request", "greenlet", ("I0", "I1", "CYCLE"), ()),
        ("global_request", "greenlet", ("I0",), ("fault global_request must raise I1 under greenlet",)),
        ("global_request", "thread", ("I1", "I7"), ("fault global_request raised I7 under thread",)),
        ("global_request", "process", (), ()),
        ("tl_unpatched", "process", (), ()),
        ("tl_unpatched", "process", ("I1",), ("raised I1 under process, where it must stay silent",)),
        ("teardown_error_stops_others", "process", ("I6",), ()),
        ("teardown_error_stops_others", "thread", (), ("must raise I6 under thread, and did not",)),
        ("teardown_error_stops_others", "thread", ("I1", "I6"), ("raised I1 under thread",)),
    ],
)
def test_compare(fault: str, model: str, found: tuple[str, ...], told: tuple[str, ...]) -> None:
    differences = compare(fault, model, results(*found))
    assert len(differences) == len(told)
    assert all(words in difference for words, difference in zip(told, differences, strict=True))
    assert fill_matrix({(fault, model): results(*found)})[fault, model].right is (not told)


def test_a_doubt_is_no_alarm() -> None:
    assert raised([Result("I1", "", Verdict.UNKNOWN)]) == frozenset()


def test_a_fault_that_nothing_is_expected_of_is_refused() -> None:
    with pytest.raises(LookupError, match="add a row to EXPECTATIONS"):
        find_expectation("no_such_fault", "thread")


def test_the_table_is_in_order() -> None:
    laws = {checker.law.id for checker in CHECKERS}
    keys = [(row.fault, model) for row in EXPECTATIONS for model in row.models]
    assert len(keys) == len(set(keys))
    for row in EXPECTATIONS:
        assert row.must | row.may <= laws
        assert not row.must & row.may
        assert set(row.models) <= set(MODELS)
        assert row.why
