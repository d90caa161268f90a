"""The store decides the paths of a run, and trusts nothing it reads back."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from harness.store import runs as store
from harness.store.files import StoreError, read_json, write_json, write_text
from harness.store.metadata import ColumnMeta, Doubt, RunMeta

META = RunMeta(("crosstalk", "run"), seed=7, columns=("thread-gthread", "process-sync"), operations=100)
COLUMN = ColumnMeta("thread", "gthread", 8, ("127.0.0.1", 40001), seed=7, faults=("global_request",))


@pytest.fixture
def run(tmp_path: Path) -> store.Run:
    return store.new_run(tmp_path / "reports", META)


def test_a_new_run_is_named_by_its_time_and_a_chance(run: store.Run, tmp_path: Path) -> None:
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", run.name)
    assert run.path.parent == (tmp_path / "reports").resolve()
    assert run.read_meta().created_utc.endswith("+00:00")
    assert store.new_run(tmp_path / "reports", META).name != run.name


def test_a_run_is_read_back(run: store.Run) -> None:
    again = store.open_run(run.path)
    assert again == run
    meta = again.read_meta()
    assert (meta.command, meta.seed, meta.columns, meta.operations, meta.duration_s) == (
        META.command,
        7,
        META.columns,
        100,
        None,
    )
    assert [column.name for column in again.columns()] == ["thread-gthread", "process-sync"]


def test_run_json_is_as_documented(run: store.Run) -> None:
    assert set(json.loads(run.meta_path.read_text())) == {
        *(
            "format",
            "command",
            "seed",
            "operations",
            "duration_s",
            "columns",
            "versions",
            "created_utc",
            "run",
        )
    }


def test_column_json_is_as_documented_and_read_back(run: store.Run) -> None:
    column = run.column("thread-gthread")
    column.make()
    column.write_meta(COLUMN)
    assert column.read_meta() == COLUMN
    assert set(json.loads(column.meta_path.read_text())) == {
        *("format", "model", "server", "concurrency", "faults", "yields", "switch_interval_s", "target"),
        *("target_python", "address", "inside", "users", "load_workers", "started_utc", "ended_utc"),
        *("seed", "operations", "duration_s", "locust", "black_box", "scenarios", "guard"),
        *("reuse_app_context", "app", "framework", "contexts", "routes", "skipped", "shared", "named"),
    }


def test_journals_are_found_and_nothing_else(run: store.Run) -> None:
    column = run.column("thread-gthread")
    assert column.server_journals() == []
    column.make()
    for name in ("12-1.journal", "11-1.journal", "notes.txt"):
        (column.server_dir / name).touch()
    (column.server_dir / "dir.journal").mkdir()
    (column.server_dir / "link.journal").symlink_to("/etc/passwd")
    column.client_journal("local").touch()
    column.client_details("local").touch()
    assert [path.name for path in column.server_journals()] == ["11-1.journal", "12-1.journal"]
    assert [path.name for path in column.client_journals()] == ["local.journal"]
    assert [path.name for path in column.details_files()] == ["local.details.jsonl"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc", "a\0b", "-x", "x" * 65, "a\n"])
def test_a_name_that_is_no_name_never_becomes_a_path(run: store.Run, name: str) -> None:
    with pytest.raises(StoreError, match="is no name of a column"):
        run.column(name)
    with pytest.raises(StoreError, match="is no name of a load worker"):
        run.column("thread-gthread").client_journal(name)


def test_doubts_are_appended_and_read_back(run: store.Run) -> None:
    assert store.read_doubts(run.doubts_path) == ()
    doubts = (Doubt("target", "it died"), Doubt("harness", "the recorder failed", failed=True))
    for doubt in doubts:
        store.append_doubt(run.doubts_path, doubt)
    assert store.read_doubts(run.doubts_path) == doubts


def test_a_doubt_that_cannot_be_read_is_a_doubt(run: store.Run) -> None:
    run.doubts_path.write_bytes(b'{"whose":"disk","text":"full"}\n{"whose":"di')
    first, second = store.read_doubts(run.doubts_path)
    assert first == Doubt("disk", "full")
    assert "can't be read" in second.text
    run.doubts_path.unlink()
    run.doubts_path.mkdir()
    assert len(store.read_doubts(run.doubts_path)) == 1


def damaged(run: store.Run, **changes: Any) -> Path:
    raw = json.loads(run.meta_path.read_text())
    run.meta_path.write_text(json.dumps({**raw, **changes}))
    return run.path


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": 2}, "has format 2; this crosstalk reads format 1"),
        ({"seed": "7"}, "'seed' should be an integer"),
        ({"columns": ["../../etc"]}, "is no name of a column"),
        ({"columns": "thread-gthread"}, "'columns' should be a list"),
    ],
)
def test_a_foreign_run_is_refused(run: store.Run, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        store.open_run(damaged(run, **changes))
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no run at"):
        store.open_run(tmp_path / "absent")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"is no run of crosstalk: it has no run\.json"):
        store.open_run(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]"])
def test_a_run_json_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(StoreError):
        store.open_run(tmp_path)


def test_a_pipe_in_a_foreign_folder_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(StoreError, match="no regular file"):
        store.open_run(tmp_path)


def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="can't read"):
        store.open_run(tmp_path)


def test_json_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    write_json(path, {"verdict": "valid"})
    write_json(path, {"verdict": "invalid"})
    assert read_json(path) == {"verdict": "invalid"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["verdict.json"]


def test_a_failed_write_leaves_the_old_file_and_one_line(tmp_path: Path) -> None:
    path = tmp_path / "summary.txt"
    write_text(path, "old\n")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert path.read_text() == "old\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["summary.txt"]


def test_what_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"can't write .*choose another --reports") as caught:
        store.new_run(tmp_path / "file", META)
    assert "\n" not in str(caught.value)
