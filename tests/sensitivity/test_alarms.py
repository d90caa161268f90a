"""The alarm rings: each seeded fault on real servers raises what it must, and nothing else.

``make test`` runs the faults of QUICK, one of each class; ``make sensitivity`` runs all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.sensitivity.cell import Task, run_cell
from harness.sensitivity.expectation import COLUMNS
from harness.sensitivity.expectations import EXPECTATIONS, find_expectation
from harness.sensitivity.outcome import RIGHT, differences
from harness.target import known_faults

QUICK = (
    "",
    "global_request",
    "teardown_error_stops_others",
)
FAULTS = sorted({row.fault for row in EXPECTATIONS if row.fault})


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("fault", QUICK, ids=lambda fault: fault or "healthy")
def test_fault_is_found_where_it_shows_and_nowhere_else(fault: str, column: str, tmp_path: Path) -> None:
    expected = find_expectation(fault, column)
    outcome = run_cell(Task(expected, column, 7, 500, str(tmp_path), first=True))
    assert differences(outcome) == ()
    assert outcome.word in RIGHT, outcome.problems
    assert (outcome.first is not None) is bool(expected.must)


def test_every_fault_has_a_row_for_every_column() -> None:
    assert sorted(known_faults()) == FAULTS
    rows = [(row.fault, column) for row in EXPECTATIONS for column in row.columns]
    assert sorted(rows) == sorted((fault, column) for fault in ["", *FAULTS] for column in COLUMNS)
