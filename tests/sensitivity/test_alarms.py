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

from harness.sensitivity.expectations import EXPECTATIONS, MODELS, compare
from harness.target import known_faults
from harness.verdict import Result, Verdict

QUICK = ("global_request", "teardown_error_stops_others")
FAULTS = sorted({row.fault for row in EXPECTATIONS if row.fault})
CHOSEN = FAULTS if os.environ.get("CROSSTALK_SENSITIVITY") == "all" else QUICK
OPERATIONS = 2000


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
            *("--seed=7", "--worker-model=thread,greenlet,process", f"--reports={tmp_path}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    (path,) = tmp_path.glob("*/verdict.json")
    columns = json.loads(path.read_text())["columns"]
    assert [column["model"] for column in columns] == list(MODELS)
    wrong = [line for column in columns for line in compare(fault, column["model"], results_of(column))]
    assert wrong == []
    assert done.returncode == 1, done.stdout[-2000:]


def test_every_fault_has_a_row_for_every_model() -> None:
    assert sorted(known_faults()) == FAULTS
    rows = [(row.fault, model) for row in EXPECTATIONS for model in row.models]
    assert sorted(rows) == sorted((fault, model) for fault in ["", *FAULTS] for model in MODELS)
