"""Only old runs of ours are deleted, and nothing through a link."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.store.files import StoreError
from harness.store.runs import Run
from harness.store.shelf import delete_run, list_runs, newest_run, size_of
from tests.unit.cli.runs import make_run


def named(reports: Path, name: str) -> Run:
    """Return a run of ours with the name of another time."""
    made = make_run(reports)
    return Run(Path(shutil.move(made.path, made.path.parent / name)))


NAMES = ("20250101-000000-00000a", "20260101-000000-00000b", "20260301-000000-00000c")


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    return [named(tmp_path / "reports", name) for name in NAMES]


def test_runs_are_listed_newest_first(tmp_path: Path, runs: list[Run]) -> None:
    assert [run.name for run in list_runs(tmp_path / "reports")] == list(reversed(NAMES))
    assert list_runs(tmp_path / "none") == []


def test_what_is_not_ours_is_not_listed(tmp_path: Path, runs: list[Run]) -> None:
    reports = tmp_path / "reports"
    (reports / "20260102-000000-00000d").mkdir()  # our name, and nothing of ours in it
    (reports / "sample").mkdir()
    shutil.copy(runs[0].meta_path, reports / "sample")
    (reports / "20260102-000000-00000e").symlink_to(runs[0].path)
    (reports / "20260102-000000-00000f").write_text("a file")
    assert [run.name for run in list_runs(reports)] == list(reversed(NAMES))


def test_the_newest_run_with_a_report(tmp_path: Path, runs: list[Run]) -> None:
    with pytest.raises(StoreError, match="there is no report in"):
        newest_run(tmp_path / "reports")
    runs[1].report_path.write_text("a report")
    runs[2].report_path.symlink_to(runs[1].report_path)
    assert newest_run(tmp_path / "reports").name == runs[1].name


def test_a_link_inside_is_removed_and_not_followed(tmp_path: Path, runs: list[Run]) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x" * 1000)
    (runs[0].path / "link").symlink_to(outside)
    (runs[0].path / "file").symlink_to(outside / "precious")
    assert size_of(runs[0]) < 1000
    delete_run(runs[0])
    assert not runs[0].path.exists()
    assert (outside / "precious").read_text() == "x" * 1000


def test_a_run_that_became_a_link_is_left_alone(tmp_path: Path, runs: list[Run]) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(runs[0].path, elsewhere)
    runs[0].path.symlink_to(elsewhere)
    with pytest.raises(StoreError, match="is left alone"):
        delete_run(runs[0])
    assert (elsewhere / "run.json").exists()


def test_a_folder_of_another_name_is_left_alone(tmp_path: Path) -> None:
    run = named(tmp_path, "keep-me")
    with pytest.raises(StoreError, match="is left alone"):
        delete_run(run)
    assert run.meta_path.exists()
