"""Several Locust processes: the same verdict as from one, and no gap that is not told."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.locust.conftest import Start
from tests.integration.locust.locusts import (
    LOCUSTFILE,
    Process,
    Runs,
    doubts,
    eventually,
    free_port,
    headless,
    invariants,
    operations,
)

RunHeadless = Callable[..., tuple[int, Process]]


def client_journals(runs: Runs) -> list[str]:
    return sorted(path.name for path in runs.only().glob("*/client/*.journal"))


def test_two_processes(run_headless: RunHeadless, runs: Runs, two_processes: list[str]) -> None:
    code, _ = run_headless("--operations=700", *two_processes)
    verdict = runs.verdict()
    assert (code, verdict["verdict"], operations(verdict)) == (0, "valid", 700), doubts(verdict)
    assert client_journals(runs) == ["0.journal", "1.journal"]
    assert verdict["columns"][0]["meta"]["load_workers"] == 2


def test_a_violation_is_the_same_from_two_processes(
    run_headless: RunHeadless, runs: Runs, two_processes: list[str]
) -> None:
    code, _ = run_headless("--run-time=4", "--faults=global_request", *two_processes)
    verdict = runs.verdict()
    assert code == 1
    assert invariants(verdict)["I1"] == "violated"


def test_a_worker_without_users_is_no_gap(
    run_headless: RunHeadless, runs: Runs, two_processes: list[str]
) -> None:
    code, _ = run_headless("--operations=40", "--users=1", *two_processes)
    verdict = runs.verdict()
    assert (code, operations(verdict)) == (2, 40)
    assert "deliver" not in doubts(verdict)
    assert "gap" not in doubts(verdict)


def test_a_master_and_two_workers(start: Start, runs: Runs) -> None:
    port = free_port()
    options = [f"--master-bind-port={port}", "--expect-workers=2", f"--reports={runs.reports}"]
    master = start(headless("--master", "--operations=700", *options))
    worker = [sys.executable, "-m", "locust", "--worker", f"--master-port={port}", "-f"]
    # The second asks the master for the locustfile, as one on another host would.
    workers = [start([*worker, str(LOCUSTFILE)]), start([*worker, "-"])]
    assert master.wait() == 0, master.output
    assert [process.wait() for process in workers] == [0, 0]
    verdict = runs.verdict()
    assert (verdict["verdict"], operations(verdict)) == ("valid", 700)
    assert client_journals(runs) == ["0.journal", "1.journal"]


def test_a_worker_that_is_killed_makes_it_unknown(start: Start, runs: Runs, two_processes: list[str]) -> None:
    options = ["--operations=2000", "--drain-timeout-s=1", f"--reports={runs.reports}"]
    process = start(headless(*options, *two_processes))
    process.until(runs.operations_began, "operations")
    os.kill(process.children("isolation.py")[0], signal.SIGKILL)
    assert process.wait() == 2, process.output
    verdict = runs.verdict()
    assert verdict["verdict"] == "unknown"
    assert "did not deliver all it recorded" in doubts(verdict)


@pytest.mark.parametrize("whom", ["all", "master"])
def test_ctrl_c_is_judged_with_everything_delivered(
    start: Start, runs: Runs, two_processes: list[str], whom: str
) -> None:
    process = start(headless(f"--reports={runs.reports}", *two_processes))
    process.until(runs.operations_began, "operations")
    if whom == "all":
        process.send_all(signal.SIGINT)  # as a terminal does
    else:
        process.send(signal.SIGTERM)
    code = process.wait()
    verdict = runs.verdict()
    assert code == verdict["exit_code"]
    assert "deliver" not in doubts(verdict)
    assert "ACCOUNTING" not in doubts(verdict)
    assert "Traceback" not in process.output


def test_what_can_t_start_exits_3_with_workers_too(
    run_headless: RunHeadless, runs: Runs, two_processes: list[str]
) -> None:
    code, process = run_headless("--operations=10", "--target=no_such_module:app", *two_processes)
    assert code == 3
    assert "there is no module 'no_such_module'" in process.output


def test_forked_workers_end_with_the_master_and_leave_nothing(
    start: Start, runs: Runs, two_processes: list[str], tmp_path: Path
) -> None:
    master = start(headless("--run-time=300", f"--reports={runs.reports}", *two_processes))
    master.until(runs.operations_began, "operations")
    workers = [pid for pid in master.children("locust") if pid != master.pid]
    assert len(workers) == 2
    assert len(list(tmp_path.glob("crosstalk-*"))) == 2
    os.kill(master.pid, signal.SIGKILL)
    eventually(lambda: not any(is_running(pid) for pid in workers), "the end of the workers")
    assert list(tmp_path.glob("crosstalk-*")) == []


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_more_processes_than_make_sense_are_never_forked(run_headless: RunHeadless, runs: Runs) -> None:
    code, process = run_headless("--operations=5", "--processes=100000")
    assert code == 3
    assert process.output.splitlines()[-1].startswith("crosstalk: --processes: '100000' is no whole number")
    assert runs.folders() == []
