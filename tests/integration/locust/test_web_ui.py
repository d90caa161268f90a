"""Locust's web interface: each start is a run of its own, and the form sets what is meant for it only."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest

from tests.integration.locust.conftest import Start
from tests.integration.locust.locusts import (
    Process,
    Runs,
    Web,
    doubts,
    eventually,
    free_port,
    locust,
    operations,
)


class Interface:
    """A Locust with a web interface, ready."""

    def __init__(self, start: Start, runs: Runs, *options: str) -> None:
        self.port = free_port()
        self.web = Web(self.port)
        self.runs = runs
        command = locust(f"--web-port={self.port}", f"--reports={runs.reports}", *options)
        self.process: Process = start(command)
        eventually(lambda: self.web.get("/stats/requests"), "the web interface")

    def judged(self, count: int) -> None:
        eventually(lambda: len(self.runs.verdicts()) == count, f"{count} verdicts")

    def quit(self) -> int:
        self.process.send(signal.SIGINT)
        code = self.process.wait()
        assert "Traceback" not in self.process.output, self.process.output
        return code


def test_each_start_is_a_run_and_the_worst_counts(start: Start, runs: Runs) -> None:
    ui = Interface(start, runs)
    ui.web.start(operations="500", worker_model="thread", seed="5")
    ui.judged(1)
    ui.web.start(operations="300", worker_model="greenlet", faults="global_request")
    ui.judged(2)
    ui.web.start(operations="2", worker_model="thread", faults="")
    ui.judged(3)
    first, second, third = runs.verdicts()
    assert [v["exit_code"] for v in (first, second, third)] == [0, 1, 2], doubts(first)
    assert (first["meta"]["seed"], operations(first)) == (5, 500)
    assert [v["columns"][0]["name"] for v in (second, third)] == ["greenlet-gevent", "thread-gthread"]
    assert "--headless" in first["again"]
    assert ui.quit() == 1


def test_stop_is_judged(start: Start, runs: Runs) -> None:
    ui = Interface(start, runs)
    ui.web.start(worker_model="thread")
    ui.process.until(runs.operations_began, "operations")
    assert ui.web.post("/stop", {})[0] == 200
    verdict = runs.verdict()
    assert operations(verdict) > 0
    assert "ACCOUNTING" not in doubts(verdict)
    assert ui.quit() == verdict["exit_code"]


def test_users_can_be_lowered_without_tearing_operations_apart(start: Start, runs: Runs) -> None:
    ui = Interface(start, runs)
    ui.web.start(worker_model="thread")
    ui.process.until(runs.operations_began, "operations")
    ui.web.post("/swarm", {"user_count": "2", "spawn_rate": "10", "host": ""})
    eventually(lambda: ui.web.get("/stats/requests")["user_count"] == 2, "fewer users")
    ui.web.post("/stop", {})
    assert "ACCOUNTING" not in doubts(runs.verdict())
    ui.quit()


def test_with_two_processes(start: Start, runs: Runs, two_processes: list[str]) -> None:
    ui = Interface(start, runs, *two_processes)
    eventually(lambda: ui.web.get("/worker-count")["worker_count"] == 2, "two workers")
    for count in (1, 2):
        ui.web.start(operations="500", worker_model="thread")
        ui.judged(count)
        eventually(lambda: ui.web.get("/stats/requests")["state"] == "stopped", "the end")
    assert [verdict["verdict"] for verdict in runs.verdicts()] == ["valid", "valid"]
    assert ui.quit() == 0


@pytest.mark.parametrize(
    "form",
    [{"operations": "many"}, {"worker_model": "nope"}, {"faults": "nope"}, {"host": "ftp://x"}],
)
def test_a_wrong_value_of_the_form_is_refused_at_the_start(
    start: Start, runs: Runs, form: dict[str, str]
) -> None:
    ui = Interface(start, runs)
    ui.web.post("/swarm", {"user_count": "1", "spawn_rate": "1", "host": "", **form})
    eventually(lambda: "crosstalk: --" in ui.process.output, "the line that says what is wrong")
    eventually(lambda: ui.web.get("/stats/requests")["state"] == "stopped", "the end of the start")
    assert runs.verdicts() == []
    assert ui.quit() == 3


def test_code_paths_and_interpreters_are_frozen(start: Start, runs: Runs, tmp_path: Path) -> None:
    ui = Interface(start, runs)
    evil = {
        "target": "os:system",
        "target_python": "/bin/false",
        "reports": str(tmp_path / "elsewhere"),
        "html_file": str(tmp_path / "evil.html"),
        "bind": "0.0.0.0",
        "black_box": "true",
        "into": str(tmp_path),
    }
    for name, value in evil.items():
        status, said = ui.web.post("/swarm", {"user_count": "1", "spawn_rate": "1", name: value})
        assert status == 403
        assert name.replace("_", "-") in json.loads(said)["message"]
    start_form = {"user_count": "1", "spawn_rate": "1"}
    assert ui.web.post("/swarm", start_form, origin="http://evil.example")[0] == 403
    assert ui.web.post("/user", {"user_class_name": "ProbingUser"})[0] == 403
    # None of it has happened, and a start that is meant to be still works.
    ui.web.start(operations="400", worker_model="thread")
    ui.judged(1)
    assert runs.verdict()["columns"][0]["meta"]["target"] == "targetapp.probes:create_app"
    assert ui.quit() == runs.verdict()["exit_code"]
    assert {path.name for path in tmp_path.iterdir()} <= {"reports", "output-0.txt"}


def test_the_form_shows_what_may_be_set_and_nothing_else(start: Start, runs: Runs) -> None:
    ui = Interface(start, runs)
    page = ui.web.page()
    for name in ("worker_model", "server", "concurrency", "faults", "operations", "seed", "greenlet"):
        assert name in page
    for name in ("target_python", "disk_max_mb", "black_box", "drain_timeout_s"):
        assert name not in page
    ui.quit()


def test_the_interface_is_on_loopback_only(start: Start, runs: Runs) -> None:
    ui = Interface(start, runs)
    with socket.socket() as other:  # every interface but that address of loopback is free
        other.bind(("127.0.0.2", ui.port))
    assert ui.quit() == 2  # nothing was run, so there is no verdict
