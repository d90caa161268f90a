"""Steps 3 to 6, on runs made here: what is written, what the verdict is, what it exits with."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness import pipeline
from harness.history.header import HEADER_SIZE
from harness.history.layout import RECORD_SIZE
from harness.options.table import parse_settings
from harness.pipeline import exit_code, judge_run, run_pipeline
from harness.report.data import Detail
from harness.store.files import StoreError
from harness.store.metadata import Doubt
from harness.store.runs import Column, Run, append_doubt
from harness.verdict import Verdict
from tests.unit.cli.runs import ENOUGH, make_column, make_run, operation, record_operations
from tests.unit.cli.test_options import CATALOGUE

ROOT = Path(__file__).resolve().parents[3]


def test_a_black_box_column_that_went_well_is_valid(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    record_operations(run, make_column(run), ENOUGH)
    report = judge_run(run)
    assert (report.verdict, report.exit_code) == (Verdict.VALID, 0)
    assert report.columns[0].measures.operations == ENOUGH
    written = json.loads(run.verdict_path.read_text())
    assert (written["verdict"], written["exit_code"]) == ("valid", 0)
    assert run.report_path.read_text().startswith("<!DOCTYPE html>")
    assert "VALID" in run.summary_path.read_text()
    assert "<testsuites" in run.junit_path.read_text()


def test_judging_again_says_the_same(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    record_operations(run, make_column(run), 20)
    first = judge_run(run)
    before = run.verdict_path.read_bytes()
    assert judge_run(run) == first
    assert run.verdict_path.read_bytes() == before


def test_a_violation_is_invalid(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    column = make_column(run)
    record_operations(run, column, 3, status=500)
    column.client_details("0").write_text(
        json.dumps({"op": f"{operation(1):016x}", "text": "unexpected status"}) + "\nrubbish\n[]\n"
    )
    report = judge_run(run)
    assert (report.verdict, report.exit_code) == (Verdict.INVALID, 1)
    named = {op for result in report.columns[0].results for v in result.violations for op in v.operations}
    assert operation(1) in named
    assert report.columns[0].details == {operation(1): Detail("unexpected status")}


def test_no_operations_are_unknown(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    make_column(run)
    assert judge_run(run).exit_code == 2


def test_operations_without_an_end_are_unknown(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    record_operations(run, make_column(run), 3, end=False)
    assert judge_run(run).exit_code == 2


def test_a_column_that_was_not_run_is_a_doubt(tmp_path: Path) -> None:
    run = make_run(tmp_path, "thread-gthread", "process-sync")
    record_operations(run, make_column(run), 5)
    report = judge_run(run)
    assert report.doubts == ("column process-sync was not run",)
    assert (report.verdict, report.exit_code) == (Verdict.UNKNOWN, 2)


@pytest.mark.parametrize(("failed", "code"), [(False, 2), (True, 3)])
@pytest.mark.parametrize("where", ["run", "column"])
def test_a_doubt_is_unknown_and_a_failure_exits_3(
    tmp_path: Path, where: str, code: int, failed: bool
) -> None:
    run = make_run(tmp_path)
    column = make_column(run)
    record_operations(run, column, 5)
    place = run if where == "run" else column
    append_doubt(place.doubts_path, Doubt("load", "a worker was lost", failed))
    report = judge_run(run)
    assert (report.verdict, report.exit_code) == (Verdict.UNKNOWN, code)
    assert "a worker was lost" in run.summary_path.read_text()


def test_a_violation_outranks_a_failure(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    column = make_column(run)
    record_operations(run, column, 3, status=500)
    append_doubt(column.doubts_path, Doubt("harness", "it failed", failed=True))
    assert judge_run(run).exit_code == 1


@pytest.mark.parametrize(
    ("verdict", "failed", "code"),
    [
        (Verdict.VALID, False, 0),
        (Verdict.INVALID, False, 1),
        (Verdict.UNKNOWN, False, 2),
        (Verdict.UNKNOWN, True, 3),
        (Verdict.VALID, True, 3),
        (Verdict.INVALID, True, 1),
    ],
)
def test_exit_codes(verdict: Verdict, code: int, failed: bool) -> None:
    assert exit_code(verdict, failed=failed) == code


@pytest.mark.parametrize(("status", "code"), [(200, 2), (500, 1)])
def test_a_report_that_can_t_be_written_is_not_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    run = make_run(tmp_path)
    record_operations(run, make_column(run), 3, status=status)

    def full(path: Path, text: str) -> None:
        raise StoreError("can't write: No space left on device")

    monkeypatch.setattr(pipeline, "write_text", full)
    report = judge_run(run)
    assert report.exit_code == code
    assert "No space left" in report.doubts[-1]
    assert not run.verdict_path.exists()


def test_a_verdict_is_written_last_and_none_outlives_its_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path)
    record_operations(run, make_column(run), ENOUGH)
    judge_run(run)
    assert run.verdict_path.exists()
    order: list[str] = []
    monkeypatch.setattr(pipeline, "write_text", lambda path, text: order.append(path.name))
    judge_run(run)
    assert order == ["report.html", "summary.txt", "junit.xml", "brief.json", "verdict.json"]
    assert not any(path.exists() for path in (run.verdict_path, run.report_path, run.junit_path))


@pytest.mark.parametrize(("status", "code"), [(200, 3), (500, 1)])
def test_a_column_that_can_t_be_read_does_not_hide_another(tmp_path: Path, status: int, code: int) -> None:
    run = make_run(tmp_path, "thread-gthread", "process-sync")
    make_column(run).meta_path.write_text('{"model": 5}')
    record_operations(run, make_column(run, "process-sync"), ENOUGH, status=status)
    report = judge_run(run)
    assert [column.name for column in report.columns] == ["process-sync"]
    assert "column thread-gthread can't be judged" in report.doubts[0]
    assert report.exit_code == code
    assert run.verdict_path.exists()


def test_a_torn_and_a_foreign_journal_are_unknown(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    column = make_column(run)
    record_operations(run, column, 5)
    column.client_journal("1").write_bytes(b"not a journal")
    other = make_run(tmp_path)
    theirs = make_column(other)
    record_operations(other, theirs, 5)
    theirs.client_journal("0").rename(column.client_journal("2"))
    report = judge_run(run)
    assert report.exit_code == 2
    problems = [journal.problem for journal in report.columns[0].facts.journals if journal.problem]
    assert len(problems) == 2


def test_a_run_s_folder_may_be_renamed(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    record_operations(run, make_column(run), ENOUGH)
    moved = Run(run.path.rename(tmp_path / "sample"))
    assert judge_run(moved).exit_code == 0


def test_a_run_s_journals_may_not_be_another_s(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    record_operations(run, make_column(run), ENOUGH)
    meta = json.loads(run.meta_path.read_text())
    run.meta_path.write_text(json.dumps({**meta, "run": "20260101-000000-abcdef"}))
    report = judge_run(run)
    assert report.exit_code == 2
    assert "belongs to run" in report.columns[0].facts.journals[0].problem


#: A committed record of a journal of the real writer, made as if it had never been written.
def tear(journal: Path, row: int) -> None:
    with journal.open("r+b") as file:
        file.seek(HEADER_SIZE + row * RECORD_SIZE)
        file.write(bytes(RECORD_SIZE))


@pytest.mark.parametrize(("row", "says"), [(7, "gap"), (2 * ENOUGH - 1, "")])
def test_a_record_that_is_missing_is_unknown(tmp_path: Path, row: int, says: str) -> None:
    run = make_run(tmp_path)
    column = make_column(run)
    record_operations(run, column, ENOUGH)
    assert judge_run(run).exit_code == 0  # the silent twin
    tear(column.client_journal("0"), row)
    report = judge_run(run)
    assert report.exit_code == 2
    assert says in " ".join(doubt for result in report.columns[0].results for doubt in result.doubts)


@pytest.mark.parametrize(("load_workers", "code"), [(1, 0), (2, 2)])
def test_a_load_worker_whose_journal_is_missing_is_unknown(
    tmp_path: Path, load_workers: int, code: int
) -> None:
    run = make_run(tmp_path)
    column = make_column(run)
    record_operations(run, column, ENOUGH)
    column.write_meta(replace(column.read_meta(), load_workers=load_workers))
    report = judge_run(run)
    assert report.exit_code == code
    doubts = " ".join(doubt for result in report.columns[0].results for doubt in result.doubts)
    assert ("1 journal of theirs can be found" in doubts) is (code == 2)


def test_the_six_steps_in_order(tmp_path: Path) -> None:
    settings = parse_settings({"reports": str(tmp_path), "seed": "5"}, CATALOGUE)
    loaded: list[str] = []

    def load(run: Run, column: Column) -> None:
        assert run.read_meta().seed == 5  # planned before anything starts
        loaded.append(column.name)
        record_operations(run, make_column(run, column.name), ENOUGH)

    run, report = run_pipeline(settings, ["thread-gthread", "process-sync"], ["crosstalk", "run"], load)
    assert loaded == ["thread-gthread", "process-sync"] == [column.name for column in report.columns]
    assert report.exit_code == 0
    assert run.verdict_path.exists()


def test_judging_imports_nothing_that_the_run_names(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    column = make_column(run)
    record_operations(run, column, 3)
    meta = json.loads(column.meta_path.read_text())
    column.meta_path.write_text(json.dumps({**meta, "target": "antigravity:fly"}))
    code = (
        "import sys; from pathlib import Path; from harness.store.runs import open_run;"
        "from harness.pipeline import judge_run; judge_run(open_run(Path(sys.argv[1])));"
        "bad = {'antigravity', 'targetapp', 'locust', 'gevent'} & set(sys.modules);"
        "sys.exit(repr(bad) if bad else 0)"
    )
    command = [sys.executable, "-c", code, str(run.path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
