"""Bad input: one line that says whose fault it is, exit 3, never a traceback."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import cli
from harness.commands import run
from harness.options.table import OPTIONS, RUN
from harness.store.files import StoreError, writing
from harness.workers.failure import TargetError

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "required: COMMAND"),
        (["nope"], "invalid choice: 'nope'"),
        (["run", "--nope"], "unrecognized arguments: --nope"),
        (["run", "--operation", "5"], "unrecognized arguments"),  # no abbreviations: they change meaning
        (["run", "--worker-model", "nope"], "there is no 'nope'"),
        (["run", "--nope"], "see crosstalk run --help"),
        (["run", "--users", "0"], "'0' is no whole number"),
        (["run", "--processes", "100000"], "--processes: '100000' is no whole number from 1"),
        (["run", "--target-python", "/no/python"], "--target-python '/no/python': there is no such program"),
        (["run", "--bind", "no host"], "can't listen on 'no host': it is no address of this machine"),
        (["run", "--server", "gevent", "--concurrency", "4"], "so 50 users would wait for ever"),
        (["run", "--faults", "nope"], "--faults: there is no 'nope'"),
        (["run", "--scenarios", "nope"], "--scenarios: there is no 'nope'"),
        (["serve", "--server", "all"], "one target runs one column"),
        (["check"], "required: RUN"),
        (["check", "no/such/run"], "there is no run at no/such/run"),
        (["report"], "required: RUN"),
        (["open", "no/such/run"], "there is no run at no/such/run"),
        (["prune"], "required: --keep"),
        (["trace", "echo"], "'echo' is no path: it starts with a slash"),
        (["trace", "/", "--method", "BREW"], "there is no 'BREW'"),
        (["trace", "/", "--target-python", "/no/python"], "there is no such program"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_3(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 3
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.startswith("crosstalk: ")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_an_empty_run_folder_is_not_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path)]) == 3
    assert "is no run of crosstalk" in capsys.readouterr().err


def test_an_unwritable_reports_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["run", "--reports", str(tmp_path / "file")]) == 3
    said = capsys.readouterr().err
    assert "something that is no folder is in the way; make it writable or choose another --reports" in said


def test_a_full_disk_is_told_from_one_that_may_not_be_written() -> None:
    with (
        pytest.raises(StoreError, match="No space left on device; free the disk or choose another"),
        writing(Path("reports")),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "reports")


def test_a_bug_of_ours_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("\x1b[2Jboom")

    monkeypatch.setattr(cli, "_doctor", explode)
    assert cli.main(["doctor"]) == 3
    said = capsys.readouterr().err
    assert "a bug of crosstalk" in said
    assert "\x1b" not in said


def test_a_target_that_can_t_start_shows_its_log_s_last_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (*(f"line {number}" for number in range(99)), "\x1b[2J" + "x" * 10_000)

    def fail(*_: object) -> None:
        raise TargetError("the target could not start: no reason", lines)

    monkeypatch.setattr(cli, "_serve", fail)
    assert cli.main(["serve"]) == 3
    first, *log = capsys.readouterr().err.splitlines()
    assert first == "crosstalk: the target could not start: no reason"
    assert log[0] == "  target.log: line 88"
    assert len(log) == 12
    assert all(len(line) < 250 and "\x1b" not in line for line in log)


@pytest.mark.parametrize(("bind", "warned"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_a_run_that_others_can_reach_says_so(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    bind: str,
    warned: bool,
) -> None:
    monkeypatch.setattr(run, "load_column", lambda *_: None)
    assert cli.main(["run", f"--bind={bind}", f"--reports={tmp_path}", "--operations=1"]) == 2
    assert ("can be reached by every machine" in capsys.readouterr().err) is warned


def test_a_control_character_never_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "\x1b]0;title\x07"]) == 3
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["run"], ["serve"], ["check"], ["trace"], ["doctor"]])
def test_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        cli.main([*command, "--help"])
    assert raised.value.code == 0
    assert "crosstalk" in capsys.readouterr().out


def test_run_offers_every_option_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["run", "--help"])
    said = capsys.readouterr().out
    assert all(option.name in said for option in OPTIONS if RUN in option.offered)


def test_the_command_line_imports_neither_locust_nor_the_target() -> None:
    code = (
        "import sys, json; from harness.cli import make_parser; make_parser();"
        "heavy = {'locust', 'gevent', 'targetapp'};"
        "print(json.dumps(sorted(m for m in sys.modules if m.split('.')[0] in heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_python_m_harness_is_crosstalk() -> None:
    command = [sys.executable, "-m", "harness", "nope"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("crosstalk: ")
