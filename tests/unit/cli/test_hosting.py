"""What a column's target is told, and what ``column.json`` says of it; a stand-in plays the target."""

from __future__ import annotations

import resource
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import doctor
from harness.options.table import UsageError, parse_settings
from harness.stage import hosted as hosting
from harness.stage.hosted import HostedColumn, check_hosting, host_column
from harness.store.runs import Column, Run
from harness.workers.ending import ExitFacts
from harness.workers.failure import TargetError
from harness.workers.readiness import Announcement
from harness.workers.spec import Spec
from tests.unit.cli.runs import make_run
from tests.unit.cli.test_options import CATALOGUE


class StandIn:
    """Announces what it is given and ends when it is told to."""

    address = ("127.0.0.1", 40001)

    def __init__(self, spec: Spec, inside: str) -> None:
        self.spec = spec
        self.announcement = Announcement(spec.run, 1, spec.column, inside)
        Path(spec.session_db).write_text("sessions and the key that signs them")
        Path(spec.session_db + "-wal").write_text("")

    def stop(self) -> ExitFacts:
        return ExitFacts(0, expected=True)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(tmp_path)


def host(
    monkeypatch: pytest.MonkeyPatch, run: Run, inside: str = "yes", **values: Any
) -> tuple[HostedColumn, Column, Spec]:
    specs: list[Spec] = []

    def start(spec: Spec, target_python: str, *, bind: str, port: int, ready_timeout_s: float) -> StandIn:
        specs.append(spec)
        return StandIn(spec, inside)

    monkeypatch.setattr(hosting, "start_target", start)
    (column,) = run.columns()
    settings = parse_settings({"server": "gthread", **values}, CATALOGUE)
    return host_column(settings, run, column, 3, locust=True), column, specs[0]


@pytest.mark.parametrize("black_box", [False, True])
@pytest.mark.parametrize(("inside", "records"), [("yes", True), ("no", False), ("", False)])
def test_the_target_says_whether_it_records_and_no_option_does(
    monkeypatch: pytest.MonkeyPatch, run: Run, inside: str, records: bool, black_box: bool
) -> None:
    hosted, column, spec = host(monkeypatch, run, inside, black_box=black_box, scenarios="echo")
    meta = column.read_meta()
    assert (meta.inside, meta.black_box, meta.scenarios) == (records, black_box, ("echo",))
    assert spec.record
    assert hosted.meta == meta


@pytest.mark.parametrize("unguarded", [False, True])
def test_unguarded_reaches_the_target_and_is_recorded(
    monkeypatch: pytest.MonkeyPatch, run: Run, unguarded: bool
) -> None:
    _, column, spec = host(monkeypatch, run, unguarded=unguarded)
    assert spec.guard is not unguarded
    assert column.read_meta().guard is not unguarded


def test_sessions_do_not_outlive_the_target(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    hosted, column, _ = host(monkeypatch, run)
    assert column.session_db.exists()
    hosted.stop()
    assert not list(column.path.glob("sessions*"))


def test_what_an_attached_load_noted_is_kept(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    hosted, column, _ = host(monkeypatch, run)
    column.write_meta(replace(column.read_meta(), users=70, load_workers=4, scenarios=("echo",)))
    hosted.stop()
    meta = column.read_meta()
    assert (meta.users, meta.load_workers, meta.scenarios) == (70, 4, ("echo",))
    assert meta.ended_utc


def test_a_target_that_can_t_start_leaves_no_sessions(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    def start(spec: Spec, target_python: str, *, bind: str, port: int, ready_timeout_s: float) -> StandIn:
        StandIn(spec, "")
        raise TargetError("the target could not start")

    monkeypatch.setattr(hosting, "start_target", start)
    (column,) = run.columns()
    with pytest.raises(TargetError):
        host_column(parse_settings({"server": "gthread"}, CATALOGUE), run, column, 3, locust=True)
    assert not list(column.path.glob("sessions*"))


@pytest.mark.parametrize(("files", "users", "refused"), [(1024, 480, False), (1024, 481, True)])
def test_more_users_than_open_files_are_refused(
    monkeypatch: pytest.MonkeyPatch, files: int, users: int, refused: bool
) -> None:
    monkeypatch.setattr(doctor, "files_open_max", lambda: files)
    asked = parse_settings({}, CATALOGUE)
    if refused:
        with pytest.raises(UsageError, match="481 users need more than the 1024 open files"):
            check_hosting(asked, [("thread", "gthread")], users)
    else:
        check_hosting(asked, [("thread", "gthread")], users)


@pytest.mark.parametrize(
    ("limits", "files"),
    [((200, 4096), 200), ((200, 20_000), 10_000), ((30_000, 40_000), 30_000), ((-1, -1), sys.maxsize)],
)
def test_locust_raises_the_number_of_open_files_if_it_may(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], files: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits)
    assert doctor.files_open_max() == files
