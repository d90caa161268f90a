"""What the matrix starts, and what it makes of how that ended; a stand-in plays Locust."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.commands import loading as matrix
from harness.commands.loading import Crowd, Watching, load_column, locust_command
from harness.options.table import parse_settings
from harness.store.metadata import Doubt
from harness.store.runs import Column, Run, append_doubt, read_doubts
from tests.unit.cli.runs import make_run
from tests.unit.cli.test_options import CATALOGUE


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(tmp_path)


def watching(asked: bool = False, told: list[int] | None = None) -> Watching:
    def progress(column: str, operations: int, seconds: float) -> None:
        if told is not None:
            told.append(operations)

    return Watching(progress, lambda: asked)


def play(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Have a few lines of Python play Locust."""
    monkeypatch.setattr(matrix, "locust_command", lambda settings, crowd: [sys.executable, "-c", code])


def load(run: Run, how: Watching | None = None) -> Column:
    (column,) = run.columns()
    settings = parse_settings({"drain_timeout_s": "0.1"}, CATALOGUE)
    load_column(run, column, settings, Crowd(1, 1.0), how or watching())
    return column


def test_the_command_of_a_column() -> None:
    settings = parse_settings({"operations": "50", "seed": "3", "into": "/runs/r/thread-gthread"}, CATALOGUE)
    command = locust_command(settings, Crowd(20, 20.0, 2))
    assert command[:5] == [sys.executable, "-m", "locust", "-f", str(matrix.LOCUSTFILE)]
    assert Path(command[4]).is_file()
    assert {"--headless", "--users=20", "--spawn-rate=20", "--processes=2", "--operations=50"} <= set(command)
    assert "--into=/runs/r/thread-gthread" in command
    assert "--processes=2" not in locust_command(settings, Crowd(20, 20.0))


def test_a_locust_that_ended_well_leaves_no_doubt(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "print('all well')")
    column = load(run)
    assert read_doubts(column.doubts_path) == ()
    assert column.locust_log.read_text() == "all well\n"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; print('first'); sys.exit('no such file')", "Locust ended with status 1: no such file"),
        ("import sys; sys.exit(3)", "Locust ended with status 3: it wrote nothing"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "Locust was killed by signal 9"),
    ],
)
def test_a_locust_that_failed_is_a_failure(
    run: Run, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    play(monkeypatch, code)
    (doubt,) = read_doubts(load(run).doubts_path)
    assert said in doubt.text
    assert (doubt.whose, doubt.failed) == ("load", True)


def test_a_failure_that_is_noted_is_not_noted_twice(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (column,) = run.columns()
    column.make()
    append_doubt(column.doubts_path, Doubt("target", "it did not start", failed=True))
    play(monkeypatch, "import sys; sys.exit(3)")
    load(run)
    assert [doubt.text for doubt in read_doubts(column.doubts_path)] == ["it did not start"]


def test_who_asked_to_stop_before_a_column_begins_skips_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "raise SystemExit(9)")
    column = load(run, watching(asked=True))
    assert not column.path.exists()


def test_who_asks_to_stop_stops_locust(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # It says that it is ready by writing its progress, and ends by itself when it is asked to.
    (column,) = run.columns()
    play(
        monkeypatch,
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        f"open({str(column.progress_path)!r}, 'w').write('{{\"operations\": 17}}')\n"
        "signal.pause()",
    )
    told: list[int] = []
    how = watching(told=told)
    load(run, Watching(how.progress, lambda: 17 in told))
    assert 17 in told
    assert read_doubts(column.doubts_path) == ()
    assert not column.progress_path.exists()


def test_workers_that_locust_left_behind_are_gone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # As when it is stopped while it forks: the child holds the pipe open for as long as it lives.
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    monkeypatch.setattr(subprocess, "Popen", partial(subprocess.Popen, pass_fds=(writing,)))
    play(monkeypatch, "import os, signal\nif os.fork() == 0: signal.pause()")
    try:
        load(run)
    finally:
        os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_a_locust_that_does_not_stop_is_killed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "STOP_EXTRA_S", 0.2)
    (column,) = run.columns()
    play(
        monkeypatch,
        "import signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open({str(column.progress_path)!r}, 'w').write('{{\"operations\": 1}}')\n"
        "while True: signal.pause()",
    )
    told: list[int] = []
    how = watching(told=told)
    load(run, Watching(how.progress, lambda: 1 in told))
    (doubt,) = read_doubts(column.doubts_path)
    assert "killed by signal 9" in doubt.text


class LeftError(Exception):
    """Somebody wants to leave at once."""


def test_who_wants_to_leave_leaves_nothing_running(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "import signal; signal.pause()")

    def asked() -> bool:
        if children:
            raise LeftError
        return False

    children: list[int] = []

    class Remembered(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            children.append(self.pid)

    monkeypatch.setattr(subprocess, "Popen", Remembered)
    with pytest.raises(LeftError):
        load(run, Watching(watching().progress, asked))
    assert not Path(f"/proc/{children[0]}").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"operations": "many"}', "\xff"])
def test_a_progress_that_can_t_be_read_is_none(run: Run, text: str) -> None:
    (column,) = run.columns()
    column.make()
    column.progress_path.write_text(text)
    assert matrix._operations(column) == 0
