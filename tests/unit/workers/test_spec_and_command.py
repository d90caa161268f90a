"""What a target's process is told, and the environment it starts in."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.records import RecordError
from harness.workers import command
from harness.workers.failure import TargetError
from harness.workers.spec import Spec, read_spec, write_spec


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    return Spec(
        run="run",
        column="thread-gthread",
        model="thread",
        server="gthread",
        concurrency=8,
        folder=str(tmp_path),
        journal_dir=str(tmp_path / "server"),
        log=str(tmp_path / "target.log"),
        resources=str(tmp_path / "resources.csv"),
        session_db=str(tmp_path / "sessions.sqlite3"),
        doubts=str(tmp_path / "doubts.jsonl"),
    )


def test_a_spec_is_read_back(spec: Spec, tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    changed = replace(spec, faults=("global_request",), listener_fd=5, yields=False)
    write_spec(changed, path)
    assert read_spec(path) == changed


def test_a_damaged_spec_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text('{"run": 1}')
    with pytest.raises(RecordError, match=r"spec\.json: 'run' should be a string"):
        read_spec(path)


def test_a_server_has_less_time_than_its_supervisor(spec: Spec) -> None:
    for stop_timeout_s in (0.1, 1.0, 8.0, 60.0):
        grace_s = replace(spec, stop_timeout_s=stop_timeout_s).grace_s
        assert 0.5 <= grace_s <= max(stop_timeout_s, 0.5)


def test_an_interpreter_is_found_by_name_or_path() -> None:
    assert command.find_python(sys.executable) == sys.executable
    with pytest.raises(TargetError, match=r"--target-python 'python9\.9': there is no such program"):
        command.find_python("python9.9")


def test_what_would_redirect_a_server_is_scrubbed(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in command.SCRUBBED:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("KEPT", "y")
    environment = command.target_environment(spec, sys.executable)
    assert not set(command.SCRUBBED) & set(environment)
    assert environment["KEPT"] == "y"


def test_the_users_own_folder_comes_last(spec: Spec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "/given")
    paths = command.target_environment(spec, sys.executable)["PYTHONPATH"].split(os.pathsep)
    assert paths == [str(command.ROOT), "/given", str(tmp_path)]


def test_another_interpreter_sees_our_packages_and_not_what_lies_beside_them(
    spec: Spec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = tmp_path / "lib" / "site-packages"
    for name in ("harness", "targetapp", "numpy"):
        (installed / name).mkdir(parents=True)
    monkeypatch.setattr(command, "ROOT", installed)
    same = command.target_environment(spec, sys.executable)["PYTHONPATH"].split(os.pathsep)[0]
    assert same == str(installed)
    for _ in range(2):  # a second start in the same folder finds its links
        other = command.target_environment(spec, "/other/python")["PYTHONPATH"].split(os.pathsep)[0]
        assert sorted(entry.name for entry in Path(other).iterdir()) == ["harness", "targetapp"]
        assert (Path(other) / "harness").resolve() == installed / "harness"
