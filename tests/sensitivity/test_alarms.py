"""The alarm rings: each seeded fault on real servers raises what it must, and nothing else.

``make test`` runs the rows of QUICK; ``make sensitivity`` all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.sensitivity.expectation import COLUMNS
from harness.sensitivity.expectations import EXPECTATIONS
from harness.sensitivity.matrix import compare
from harness.target import known_faults
from harness.verdict import Result, Verdict

QUICK = ("global_request", "teardown_error_stops_others")
FAULTS = sorted({row.fault for row in EXPECTATIONS if row.fault})
CHOSEN = FAULTS if os.environ.get("CROSSTALK_SENSITIVITY") == "all" else QUICK
OPERATIONS = 2000
#: The column of the matrix that each column of a run is.
NAMES = {f"{model}-{server}": name for name, (model, server) in COLUMNS.items()}


def results_of(column: dict[str, object]) -> list[Result]:
    results = column["results"]
    assert isinstance(results, list)
    return [Result(r["invariant"], r["title"], Verdict[r["verdict"].upper()]) for r in results]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", CHOSEN)
def test_fault_is_found_where_it_shows_and_nowhere_else(fault: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "harness", "run", f"--faults={fault}", f"--operations={OPERATIONS}"),
            *("--seed=7", f"--server={','.join(server for _, server in COLUMNS.values())}"),
            f"--reports={tmp_path}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    (path,) = tmp_path.glob("*/verdict.json")
    columns = json.loads(path.read_text())["columns"]
    assert {NAMES[column["name"]] for column in columns} == set(COLUMNS)
    wrong = [line for column in columns for line in compare(fault, NAMES[column["name"]], results_of(column))]
    assert wrong == []
    assert done.returncode == 1, done.stdout[-2000:]


def test_every_fault_has_a_row_for_every_column() -> None:
    assert sorted(known_faults()) == FAULTS
    rows = [(row.fault, column) for row in EXPECTATIONS for column in row.columns]
    assert sorted(rows) == sorted((fault, column) for fault in ["", *FAULTS] for column in COLUMNS)
