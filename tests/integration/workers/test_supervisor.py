"""The supervisor keeps one process: its output, its cost, and its end."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
WAIT_S = 20
#: The child tells the test that it has come so far through the descriptor it is passed.
TELL = "import os, signal, sys, time\ndef tell(text): os.write(int(sys.argv[1]), f'{text}\\n'.encode())\n"


@dataclass
class Supervised:
    """A supervisor under test, and the pipe on which its child tells how far it is."""

    process: subprocess.Popen[str]
    told: IO[str]
    folder: Path
    facts: list[dict[str, Any]] = field(default_factory=list)

    def send(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def let_go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def read_fact(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        self.facts.append(json.loads(self.process.stdout.readline()))
        return self.facts[-1]

    def last_fact(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        self.facts += [json.loads(line) for line in self.process.stdout]
        self.process.wait(WAIT_S)
        return self.facts[-1]

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


class Starter:
    """Starts supervisors and ends them with the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Supervised] = []

    def __call__(self, code: str, *, stop_timeout_s: float = 10, log_max_bytes: int = 10_000) -> Supervised:
        read, write = os.pipe()
        command = [sys.executable, "-u", "-c", TELL + code, str(write)]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "harness.workers.supervisor", "--log", str(self.folder / "log")),
                *("--log-max-bytes", str(log_max_bytes), "--resources", str(self.folder / "resources.csv")),
                *("--listener", str(write), "--stop-timeout", str(stop_timeout_s), "--", *command),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=(write,),
        )
        os.close(write)
        self.started.append(Supervised(process, open(read), self.folder))  # noqa: PTH123, SIM115
        return self.started[-1]

    def end(self) -> None:
        for supervised in self.started:
            with supervised.process, supervised.told:
                supervised.process.kill()


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Starter]:
    starter = Starter(tmp_path)
    yield starter
    starter.end()


def test_an_end_of_its_own_is_unexpected(supervise: Starter) -> None:
    supervised = supervise("print('out'); print('err', file=sys.stderr); sys.exit(7)")
    fact = supervised.last_fact()
    assert fact == {"event": "exited", "status": 7, "expected": False, "killed": False, "log_bytes_cut": 0}
    assert [fact["event"] for fact in supervised.facts] == ["started", "exited"]
    assert supervised.log == "out\nerr\n"


def test_stop_is_graceful(supervise: Starter) -> None:
    supervised = supervise(
        "def leave(*_): print('stopped in order'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave); tell('ready')\nwhile True: signal.pause()"
    )
    assert supervised.told.readline() == "ready\n"
    supervised.send("stop\n")
    fact = supervised.last_fact()
    assert (fact["status"], fact["expected"], fact["killed"]) == (0, True, False)
    assert supervised.log == "stopped in order\n"


def test_who_does_not_stop_is_killed_with_its_children(supervise: Starter) -> None:
    supervised = supervise(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\nif child: tell(child)\nwhile True: signal.pause()",
        stop_timeout_s=0.2,
    )
    child = psutil.Process(int(supervised.told.readline()))
    supervised.send("stop\n")
    fact = supervised.last_fact()
    assert (fact["status"], fact["expected"], fact["killed"]) == (-9, True, True)
    child.wait(WAIT_S)


def test_children_never_outlive_a_target_that_ends(supervise: Starter) -> None:
    supervised = supervise("child = os.fork()\nif child: tell(child); sys.exit(0)\nsignal.pause()")
    child = psutil.Process(int(supervised.told.readline()))
    assert supervised.last_fact()["event"] == "exited"
    child.wait(WAIT_S)


def test_when_the_harness_lets_go_a_graceful_target_still_ends_in_order(supervise: Starter) -> None:
    supervised = supervise(
        "def leave(*_): print('journals closed'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave); tell('ready')\nwhile True: signal.pause()"
    )
    supervised.told.readline()
    supervised.let_go()
    assert supervised.last_fact()["status"] == 0
    assert supervised.log == "journals closed\n"


def test_when_the_harness_lets_go_a_stubborn_target_is_killed(supervise: Starter) -> None:
    supervised = supervise(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); tell(os.getpid())\nwhile True: signal.pause()",
        stop_timeout_s=1000,
    )
    target = psutil.Process(int(supervised.told.readline()))
    supervised.let_go()
    target.wait(WAIT_S)
    assert supervised.last_fact()["killed"] is True


def test_a_target_dies_with_its_supervisor(supervise: Starter) -> None:
    supervised = supervise(
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from harness.inside.lifeline import *\n"
        "assert die_with_supervisor(); parent = os.getpid(); child = os.fork()\n"
        "if not child: die_with_parent(parent); tell(f'{parent} {os.getpid()}')\n"
        "while True: signal.pause()"
    )
    pids = [int(pid) for pid in supervised.told.readline().split()]
    processes = [psutil.Process(pid) for pid in pids]
    supervised.process.kill()
    for process in processes:
        process.wait(WAIT_S)


def test_output_without_end_is_bounded(supervise: Starter) -> None:
    supervised = supervise(
        "print('begin')\nfor i in range(20000): print('line', i)\nprint('end')", log_max_bytes=2000
    )
    cut = supervised.last_fact()["log_bytes_cut"]
    assert cut > 100_000
    assert supervised.log.startswith("begin\nline 0\n")
    assert supervised.log.endswith("line 19999\nend\n")
    assert f" {cut} bytes " in supervised.log
    assert len(supervised.log) < 2200


def test_resources_are_sampled(supervise: Starter) -> None:
    supervised = supervise("signal.pause()")
    assert supervised.read_fact()["event"] == "started"
    supervised.send("stop\n")  # it looks before it listens
    supervised.last_fact()
    with (supervised.folder / "resources.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["t_s", "processes", "cpu_percent", "rss_bytes", "threads", "open_files"]
    assert int(rows[0]["processes"]) == 1
    # The first look may come while the program is still being loaded, when it has a page or two.
    assert int(rows[0]["rss_bytes"]) > 0


def test_a_command_that_is_not_there_is_a_fact(tmp_path: Path) -> None:
    read, write = os.pipe()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "harness.workers.supervisor", "--log", str(tmp_path / "log")),
            *("--log-max-bytes", "1000", "--resources", str(tmp_path / "resources.csv")),
            *("--listener", str(write), "--stop-timeout", "1", "--", "/no/such/python"),
        ],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        pass_fds=(write,),
        check=False,
    )
    os.close(read)
    os.close(write)
    assert done.returncode == 3
    fact = json.loads(done.stdout)
    assert fact["event"] == "failed"
    assert "/no/such/python" in fact["text"]
    assert done.stderr == ""
