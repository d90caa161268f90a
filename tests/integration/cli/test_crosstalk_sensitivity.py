"""`crosstalk sensitivity` and `crosstalk precision`, as people run them; every alarm with its silent twin."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from harness.commands.sensitivity.precision import Task, exit_code, run_portion
from harness.sensitivity.clean import Clean, Portion
from tests.integration.cli.conftest import Crosstalk
from tests.integration.locust.locusts import Runs

#: One that shows in one column, and not in the other.
FAULT = "fork_seed"


def copy(folder: Path, **words: dict[str, str]) -> str:
    path = folder / "golden.json"
    path.write_text(json.dumps({"format": 1, "faults": {FAULT: words}}))
    return f"--golden={path}"


def cell(crosstalk: str, status: str = "silent") -> dict[str, str]:
    return {"status": status, "user": status, "crosstalk": crosstalk}


@pytest.mark.timeout(240)
def test_a_fault_is_found_in_one_column_and_silent_in_another(crosstalk: Crosstalk, tmp_path: Path) -> None:
    golden = copy(tmp_path, pool=cell("silent"), process=cell("found"))
    out = tmp_path / "out"
    process = crosstalk(
        *("sensitivity", f"--faults={FAULT}", "--columns=pool,process", golden, f"--out={out}")
    )
    assert process.wait() == 0, process.output
    assert "2 of 2 cells are as they must be." in process.output
    matrix = json.loads((out / "matrix.json").read_text())
    (row,) = matrix["rows"]
    assert {name: one["word"] for name, one in row["cells"].items()} == {"pool": "silent", "process": "found"}
    assert row["cells"]["process"]["outcomes"][0]["found"] == ["I7"]
    assert row["class"] == "FC11"
    assert (out / "matrix.txt").read_text() in process.output
    assert "as expected" in (out / "matrix.html").read_text()
    assert not list((out / "runs").iterdir())


@pytest.mark.timeout(240)
def test_a_golden_copy_that_says_otherwise_fails_and_can_be_renewed(
    crosstalk: Crosstalk, tmp_path: Path
) -> None:
    asked = ("sensitivity", f"--faults={FAULT}", "--columns=pool", "--operations=200")
    golden = copy(tmp_path, pool=cell("silent", status="found"))
    process = crosstalk(*asked, golden)
    assert process.wait() == 1, process.output
    assert "the status-only check is silent, and found in the golden copy" in process.output
    process = crosstalk(*asked, golden, "--update-golden")
    assert process.wait() == 0, process.output
    renewed = json.loads((tmp_path / "golden.json").read_text())
    assert renewed["faults"] == {FAULT: {"pool": cell("silent")}}


def test_what_is_not_there_is_one_line_and_status_three(crosstalk: Crosstalk, tmp_path: Path) -> None:
    for option, words in (
        ("--faults=no_such", "there is no 'no_such'"),
        ("--columns=no_such", "there is no 'no_such'"),
        ("--seeds=0", "no whole number"),
        (f"--golden={tmp_path}", "golden"),
    ):
        process = crosstalk("sensitivity", option)
        assert process.wait() == 3, process.output
        (line,) = process.output.splitlines()
        assert line.startswith("crosstalk: "), line
        assert words in line or "matrix" in line or "read" in line


@pytest.mark.timeout(240)
def test_a_run_that_is_stopped_ends_its_cells_and_says_so(crosstalk: Crosstalk, tmp_path: Path) -> None:
    process = crosstalk("sensitivity", "--jobs=1", "--operations=100", f"--out={tmp_path / 'out'}")
    process.until(Runs(tmp_path / "out" / "runs").operations_began, "a cell's first operations")
    process.send_all(signal.SIGINT)
    assert process.wait() == 3, process.output
    assert "stopped before every cell was run" in process.output
    assert "(no fault)" in process.output


@pytest.mark.parametrize(("fault", "found"), [("", False), (FAULT, True)])
def test_a_clean_target_raises_nothing_and_one_that_is_not_is_told(
    fault: str, tmp_path: Path, *, found: bool
) -> None:
    clean = Clean("a target", "process", "sync", fault=fault)
    done = run_portion(Task(Portion(clean, 300), 7, str(tmp_path), keep=True))
    assert done.operations == 300
    assert done.problems == ()
    assert bool(done.violations) is found, done.violations
    assert all("the same id" in text for text in done.violations)
    assert exit_code([done], stopped=False) == int(found)
    assert bool(list(tmp_path.iterdir())) is found


def test_precision_of_a_model_that_is_none_is_one_line(crosstalk: Crosstalk) -> None:
    process = crosstalk("precision", "--models=no_such")
    assert process.wait() == 3, process.output
    assert process.output.startswith("crosstalk: --models: there is no 'no_such'; choose from thread")
