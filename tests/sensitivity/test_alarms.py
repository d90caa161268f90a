"""The alarm rings: a seeded fault on a real server raises what it must, and nothing else.

``make test`` runs one fault of each class, where it must be found and, if there is such a column, where it
must stay silent; ``make sensitivity`` runs all of them everywhere.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.sensitivity.cell import Task, run_cell
from harness.sensitivity.expectation import COLUMNS
from harness.sensitivity.expectations import EXPECTATIONS, find_expectation
from harness.sensitivity.outcome import RIGHT, differences
from harness.target import describe_faults, known_faults

#: One of each class, and the columns it is run in; the column where it has to be found comes first.
QUICK = {
    "global_request": ("pool", "process"),
    "tl_unpatched": ("greenlet", "pool"),
    "mutable_log_dict": ("connection",),
    "cv_not_reset": ("process", "connection"),
    "session_open_error": ("pool",),
    "stream_pushed_elsewhere": ("greenlet",),
    "teardown_error_stops_others": ("connection",),
    "base_exception_none": ("process",),
    "sid_reuse": ("pool",),
    "conn_shared": ("greenlet", "process"),
    "fork_seed": ("process", "greenlet"),
    "module_exception": ("pool",),
    "dict_iterated": ("connection", "process"),
}
FAULTS = sorted({row.fault for row in EXPECTATIONS if row.fault})
CELLS = [
    *(("", column) for column in COLUMNS),
    *((f, column) for f, columns in QUICK.items() for column in columns),
]


@pytest.mark.parametrize(("fault", "column"), CELLS, ids=[f"{f or 'healthy'}-{c}" for f, c in CELLS])
def test_fault_is_found_where_it_shows_and_nowhere_else(fault: str, column: str, tmp_path: Path) -> None:
    expected = find_expectation(fault, column)
    outcome = run_cell(Task(expected, column, 7, 500, str(tmp_path), first=True))
    assert differences(outcome) == ()
    assert outcome.word in RIGHT, outcome.problems
    assert (outcome.first is not None) is bool(expected.must)


def test_one_fault_of_each_class_is_found_quickly() -> None:
    classes = {fault: row.fault_class for fault, row in describe_faults().items()}
    assert sorted(classes[fault] for fault in QUICK) == sorted(set(classes.values()))
    assert {columns[0] for columns in QUICK.values()} == set(COLUMNS)
    for fault, columns in QUICK.items():
        assert [bool(find_expectation(fault, column).must) for column in columns] == [True, False][
            : len(columns)
        ]


def test_every_fault_has_a_row_for_every_column() -> None:
    assert sorted(known_faults()) == FAULTS
    rows = [(row.fault, column) for row in EXPECTATIONS for column in row.columns]
    assert sorted(rows) == sorted((fault, column) for fault in ["", *FAULTS] for column in COLUMNS)
