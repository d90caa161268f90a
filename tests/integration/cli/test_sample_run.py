"""The run that lies in the repository: it is what its report says, and every file of it is explained."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Crosstalk
from tests.integration.locust.locusts import Runs

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "reports" / "sample"
GUIDE = (ROOT / "reports" / "README.md").read_text()
#: What differs from run to run in a file's name, and what the guide writes there.
NAMES = (
    (r"server/\d+-\d+\.journal", "server/<pid>-<n>.journal"),
    (r"server/\d+\.places", "server/<pid>.places"),
    (r"client/\d+\.", "client/<load worker>."),
)


def in_short(verdict: dict[str, Any]) -> tuple[object, ...]:
    """Return what a verdict says, without what a later version may add."""
    found = [
        (column["name"], result["invariant"], result["state"], result["count"])
        for column in verdict["columns"]
        for result in column["results"]
    ]
    shown = [
        (violation["anomaly"], violation["explanation"], [event["record"] for event in violation["witness"]])
        for column in verdict["columns"]
        for result in column["results"]
        for violation in result["violations"]
    ]
    return verdict["verdict"], verdict["exit_code"], found, shown


def test_checking_the_sample_says_what_it_says(crosstalk: Crosstalk, tmp_path: Path) -> None:
    copy = shutil.copytree(SAMPLE, tmp_path / "sample")
    process = crosstalk("check", str(copy))
    assert process.wait() == 1, process.output
    again = json.loads((copy / "verdict.json").read_text())
    assert in_short(again) == in_short(json.loads((SAMPLE / "verdict.json").read_text()))
    assert "I6 missing-teardown" in process.output


def test_the_sample_without_its_violation_s_journal_is_no_longer_invalid(
    crosstalk: Crosstalk, tmp_path: Path
) -> None:
    copy = shutil.copytree(SAMPLE, tmp_path / "sample")
    for journal in copy.glob("*/server/*.journal"):
        journal.unlink()
    assert crosstalk("check", str(copy)).wait() == 2


def test_the_sample_is_small_and_names_no_machine() -> None:
    files = [path for path in SAMPLE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 600_000
    for path in files:
        assert not re.search(rb"/(?:root|home|Users|tmp)/", path.read_bytes()), path


def explained(path: str) -> bool:
    for pattern, name in NAMES:
        path = re.sub(pattern, name, path)
    return f"`{path}`" in GUIDE


@pytest.mark.parametrize("name", ["summary.txt", "server/17-1.journal", "client/0.details.jsonl"])
def test_a_file_that_the_guide_explains(name: str) -> None:
    assert explained(name)


@pytest.mark.parametrize("name", ["summary.pdf", "server/17.journal", "client/x.journal"])
def test_a_file_that_it_does_not(name: str) -> None:
    assert not explained(name)


def test_every_file_of_a_run_is_explained(crosstalk: Crosstalk, runs: Runs) -> None:
    crosstalk("run", "--operations=60", "--users=4", f"--reports={runs.reports}").wait()
    files = [path for folder in (SAMPLE, runs.only()) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 30
    columns = re.compile(r"^(?:thread|greenlet|process)-[a-z-]+/")
    names = {columns.sub("", str(path.relative_to(path.parents[_depth(path)]))) for path in files}
    assert [name for name in sorted(names) if not explained(name)] == []


def _depth(path: Path) -> int:
    """Return how many folders lie between a file and its run's."""
    return next(depth for depth, folder in enumerate(path.parents) if (folder / "run.json").exists())
