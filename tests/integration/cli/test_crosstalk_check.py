"""`crosstalk check`: the same verdict again, of the same evidence, and of less."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Crosstalk
from tests.integration.locust.locusts import Runs, doubts, operations


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one column, recorded once."""
    import subprocess
    import sys

    from tests.integration.locust.locusts import ROOT

    reports = tmp_path_factory.mktemp("recorded")
    options = ["--worker-model=thread", "--operations=400", "--users=10", f"--reports={reports}"]
    command = [sys.executable, "-m", "harness", "run", *options]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return reports


@pytest.fixture
def run(recorded: Path, runs: Runs) -> Path:
    """A copy of it."""
    shutil.copytree(recorded, runs.reports)
    return runs.only()


def test_the_same_again(crosstalk: Crosstalk, runs: Runs, run: Path) -> None:
    before = runs.verdict()
    (run / "verdict.json").unlink()
    process = crosstalk("check", str(run))
    assert process.wait() == 0, process.output
    assert runs.verdict() == before
    assert process.output.splitlines()[-1] == str(run / "report.html")


def test_a_torn_journal_is_unknown(crosstalk: Crosstalk, runs: Runs, run: Path) -> None:
    (journal,) = run.glob("*/client/*.journal")
    journal.write_bytes(journal.read_bytes()[: 4096 + 72 * 50 + 30])
    assert crosstalk("check", str(run)).wait() == 2
    assert "ACCOUNTING" in doubts(runs.verdict())


def test_a_missing_journal_is_unknown(crosstalk: Crosstalk, runs: Runs, run: Path) -> None:
    for journal in run.glob("*/client/*.journal"):
        journal.unlink()
    assert crosstalk("check", str(run)).wait() == 2
    assert operations(runs.verdict()) == 0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("run.json", "{", "is not JSON"),
        ("run.json", "[]", "not a JSON object"),
        ("run.json", '{"format": 99}', "format 99"),
        ("run.json", '{"command": [], "seed": 1, "columns": ["../../etc"]}', "is no name of a column"),
    ],
)
def test_a_foreign_folder_is_one_line_and_exit_3(
    crosstalk: Crosstalk, run: Path, name: str, text: str, said: str
) -> None:
    (run / name).write_text(text)
    process = crosstalk("check", str(run))
    assert process.wait() == 3
    assert said in process.output
    assert process.output.count("\n") == 1


def test_a_column_that_can_t_be_read_is_no_verdict(crosstalk: Crosstalk, runs: Runs, run: Path) -> None:
    (run / "thread-gthread" / "column.json").write_text('{"model": 5}')
    assert crosstalk("check", str(run)).wait() == 3
    assert "column thread-gthread can't be judged" in doubts(runs.verdict())


def test_what_the_run_names_is_not_imported(crosstalk: Crosstalk, run: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.py"
    trap.write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')\n")
    path = run / "thread-gthread" / "column.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "target": f"{trap.stem}:app"}))
    assert crosstalk("check", str(run)).wait() == 0
    assert not (tmp_path / "sprung").exists()
