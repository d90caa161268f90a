"""A target that runs already: what it says of itself is untrusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.options.table import Settings, UsageError, parse_settings
from harness.stage import attached as attaching
from harness.stage.attached import attach, parse_host
from harness.workers.readiness import Announcement
from harness.workers.table import UnknownWorkersError
from tests.unit.cli.runs import make_column, make_run, record_operations
from tests.unit.cli.test_options import CATALOGUE


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("http://127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("http://127.0.0.1:8000/", ("127.0.0.1", 8000)),
        ("localhost:5000", ("localhost", 5000)),
        ("http://example.test", ("example.test", 80)),
        ("http://[::1]:80", ("::1", 80)),
    ],
)
def test_hosts(host: str, address: tuple[str, int]) -> None:
    assert parse_host(host) == address


@pytest.mark.parametrize(
    "host",
    [
        "https://x",
        "ftp://x",
        "http://",
        "http://x:99999",
        "http://x/app",
        "http://x?a=1",
        "http://u:p@x",
        "http://[x",
    ],
)
def test_what_is_no_host_of_ours(host: str) -> None:
    with pytest.raises(UsageError, match="names no target"):
        parse_host(host)


def settings(folder: Path, *, black_box: bool = False) -> Settings:
    return parse_settings({"reports": str(folder), "black_box": black_box, "seed": "1"}, CATALOGUE)


def says(monkeypatch: pytest.MonkeyPatch, said: Announcement | None) -> None:
    monkeypatch.setattr(attaching, "ask", lambda host, port, timeout_s: said)
    monkeypatch.setattr(attaching, "ask_status", lambda host, port, path, timeout_s: 200)


def test_a_target_of_ours_is_recorded_into_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path)
    column = make_column(run, inside=True)
    record_operations(run, column, 1)
    says(monkeypatch, Announcement(run.name, 1, column.name, "yes"))
    attached = attach("http://127.0.0.1:9", settings(tmp_path), 5, ())
    assert (attached.run.path, attached.column.path) == (run.path, column.path)
    assert attached.inside
    assert attached.ours
    assert attached.first_worker == 1  # journal 0 is an earlier load's
    attached.close(2)
    meta = column.read_meta()
    assert (meta.users, meta.load_workers, meta.ended_utc) == (5, 3, "")  # it goes on running


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", ".hidden", "x" * 99])
def test_an_announced_name_never_becomes_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run = make_run(tmp_path)
    says(monkeypatch, Announcement(name, 1, "thread-gthread"))
    with pytest.raises(UsageError, match="whose name is none"):
        attach("http://127.0.0.1:9", settings(tmp_path), 1, ())
    says(monkeypatch, Announcement(run.name, 1, name))
    with pytest.raises(UsageError, match="whose name is none"):
        attach("http://127.0.0.1:9", settings(tmp_path), 1, ())


def test_a_run_that_is_not_here_is_not_guessed_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = make_run(tmp_path / "elsewhere")
    folder = str(elsewhere.path / "thread-gthread")
    says(monkeypatch, Announcement(elsewhere.name, 1, "thread-gthread", folder))
    with pytest.raises(UsageError, match="give the --reports that it was started with"):
        attach("http://127.0.0.1:9", settings(tmp_path / "here"), 1, ())


@pytest.mark.parametrize("black_box", [False, True])
def test_any_other_target_is_a_black_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, black_box: bool
) -> None:
    says(monkeypatch, None)
    attached = attach("http://127.0.0.1:9", settings(tmp_path, black_box=black_box), 3, ("locust",))
    assert not attached.inside
    assert not attached.ours
    meta = attached.column.read_meta()
    assert (meta.inside, meta.black_box) == (False, black_box)  # ACCOUNTING doubts what was not accepted
    attached.close(1)
    assert attached.column.read_meta().ended_utc


@pytest.mark.parametrize("black_box", [False, True])
@pytest.mark.parametrize("inside", ["yes", "no", ""])
def test_what_a_target_announces_decides_whether_it_is_a_black_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str, black_box: bool
) -> None:
    run = make_run(tmp_path)
    make_column(run)
    says(monkeypatch, Announcement(run.name, 1, "thread-gthread", inside))
    attached = attach("http://127.0.0.1:9", settings(tmp_path, black_box=black_box), 3, ())
    assert attached.run.name == run.name
    assert attached.ours
    meta = attached.column.read_meta()
    assert (attached.inside, meta.inside, meta.black_box) == (inside == "yes", inside == "yes", black_box)


def test_an_earlier_verdict_does_not_outlive_a_new_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path)
    make_column(run)
    for path in (run.verdict_path, run.report_path, run.junit_path, run.summary_path):
        path.write_text("old")
    says(monkeypatch, Announcement(run.name, 1, "thread-gthread", "yes"))
    attach("http://127.0.0.1:9", settings(tmp_path), 3, ())
    assert {path.name for path in run.path.iterdir()} == {"run.json", "thread-gthread"}


@pytest.mark.parametrize(
    ("loads", "together"),
    [
        (["echo"], ("echo",)),
        (["echo", "login,echo"], ("echo", "login")),
        (["echo", ""], ()),
        (["", "echo"], ()),  # the whole mix was sent before
    ],
)
def test_the_scenarios_of_several_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loads: list[str], together: tuple[str, ...]
) -> None:
    run = make_run(tmp_path)
    column = make_column(run)
    says(monkeypatch, Announcement(run.name, 1, column.name, "yes"))
    for number, scenarios in enumerate(loads):
        asked = parse_settings({"reports": str(tmp_path), "scenarios": scenarios}, CATALOGUE)
        attach("http://127.0.0.1:9", asked, 1, ())
        column.client_journal(str(number)).write_bytes(b"")
    assert column.read_meta().scenarios == together


@pytest.mark.parametrize("option", ["unguarded", "reuse_app_context"])
def test_how_a_target_is_hosted_is_not_the_load_s_to_say(tmp_path: Path, option: str) -> None:
    asked = parse_settings({"reports": str(tmp_path), option: True}, CATALOGUE)
    says = f"--{option.replace('_', '-')} is about a target that is started here: leave it out with --host"
    with pytest.raises(UsageError, match=says):
        attach("http://127.0.0.1:9", asked, 1, ())


@pytest.mark.parametrize(("status", "refused"), [(404, True), (200, False), (500, False), (0, False)])
def test_a_target_without_the_probes_is_refused_and_any_other_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, refused: bool
) -> None:
    says(monkeypatch, None)
    monkeypatch.setattr(attaching, "ask_status", lambda host, port, path, timeout_s: status)
    if refused:
        with pytest.raises(UsageError, match="serves none of the probes"):
            attach("http://127.0.0.1:8000", settings(tmp_path), 3, ("locust",))
        assert list(tmp_path.iterdir()) == []
    else:
        assert not attach("http://127.0.0.1:8000", settings(tmp_path), 3, ("locust",)).ours


@pytest.mark.parametrize(("users", "refused"), [(8, False), (9, True)])
def test_a_target_of_ours_that_can_t_serve_so_many_users_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, users: int, refused: bool
) -> None:
    run = make_run(tmp_path, "greenlet-gevent")
    make_column(run, "greenlet-gevent", inside=True)  # of eight greenlets
    says(monkeypatch, Announcement(run.name, 1, "greenlet-gevent", "yes"))
    if refused:
        with pytest.raises(UnknownWorkersError, match="so 9 users would wait for ever"):
            attach("http://127.0.0.1:8000", settings(tmp_path), users, ("locust",))
    else:
        assert attach("http://127.0.0.1:8000", settings(tmp_path), users, ("locust",)).ours
