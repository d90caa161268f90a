"""The doctor looks, and says what to do."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import doctor
from harness.doctor import State


def find(findings: list[doctor.Finding], subject: str) -> doctor.Finding:
    return next(finding for finding in findings if finding.subject == subject)


def test_the_machine_that_runs_this_can_run_crosstalk(tmp_path: Path) -> None:
    findings = doctor.diagnose(tmp_path / "reports" / "not yet")
    for subject in ("platform", "loopback 127.0.0.1", "gunicorn", "gevent", "numpy", "open files"):
        assert find(findings, subject).state is State.OK, find(findings, subject)
    assert len({finding.subject for finding in findings}) == len(findings)
    assert not (tmp_path / "reports").exists()


def test_a_full_disk_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5 << 20))
    finding = find(doctor.diagnose(tmp_path), "disk")
    assert finding.state is State.WRONG
    assert finding.text.startswith("5 MB free")


@pytest.mark.parametrize(("address", "state"), [("127.0.0.1", State.WRONG), ("127.0.0.2", State.ABSENT)])
def test_a_loopback_that_cannot_be_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, state: State
) -> None:
    def refuse(where: tuple[str, int]) -> Any:
        raise OSError(99, "Cannot assign requested address", where[0])

    monkeypatch.setattr(socket, "create_server", refuse)
    assert find(doctor.diagnose(tmp_path), f"loopback {address}").state is state


def test_programs_and_interpreters_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    findings = doctor.diagnose(tmp_path)
    assert find(findings, "valgrind").state is State.ABSENT
    assert find(findings, "Chromium").state is State.ABSENT
    states = [find(findings, f"Python {version}").state for version in doctor.INTERPRETERS]
    assert sorted(state.value for state in states) == ["absent", "absent", "ok"]  # this one is always there


def test_a_shim_that_starts_nothing_is_no_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/false")
    other = next(v for v in doctor.INTERPRETERS if find_state(tmp_path, v) is not State.OK)
    assert find_state(tmp_path, other) is State.ABSENT


def find_state(reports: Path, version: str) -> State:
    return find(doctor.diagnose(reports), f"Python {version}").state


def test_a_library_that_is_not_there_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", ("no-such-library",))
    assert find(doctor.diagnose(tmp_path), "no-such-library").state is State.WRONG
    assert "no-such-library" not in doctor.versions()


def test_versions_name_what_a_run_depends_on() -> None:
    versions = doctor.versions()
    assert versions["python"].startswith("3.")
    assert {"gunicorn", "gevent", "waitress", "Werkzeug", "locust"} <= set(versions)
