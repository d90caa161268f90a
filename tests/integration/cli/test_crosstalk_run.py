"""`crosstalk run`: the matrix, one verdict, and what Ctrl-C leaves."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Crosstalk
from tests.integration.locust.locusts import Runs, doubts, eventually


def column_names(verdict: dict[str, list[dict[str, str]]]) -> list[str]:
    return [column["name"] for column in verdict["columns"]]


def test_the_whole_matrix_has_one_verdict(crosstalk: Crosstalk, runs: Runs) -> None:
    process = crosstalk("run", "--operations=700", "--users=10", "--seed=11", f"--reports={runs.reports}")
    assert process.wait() == 0, process.output
    verdict = runs.verdict()
    assert verdict["verdict"] == "valid"
    assert column_names(verdict) == ["thread-gthread", "greenlet-gevent", "process-sync"]
    assert [column["measures"]["operations"] for column in verdict["columns"]] == [700, 700, 700]
    assert verdict["meta"]["seed"] == 11
    assert process.output.splitlines()[-1] == str(runs.only() / "report.html")
    assert "Verdict: VALID" in process.output
    assert not list(runs.reports.glob("*/*/progress.json"))


def test_a_fault_in_one_column_is_the_verdict_of_all(crosstalk: Crosstalk, runs: Runs) -> None:
    options = [
        "--worker-model=thread,process",
        "--faults=worker_local_state",
        "--operations=600",
        "--users=10",
    ]
    process = crosstalk("run", *options, f"--reports={runs.reports}")
    assert process.wait() == 1
    assert [column["verdict"] for column in runs.verdict()["columns"]] == ["valid", "invalid"]


def test_a_column_that_can_t_start_exits_3_and_says_why(crosstalk: Crosstalk, runs: Runs) -> None:
    process = crosstalk("run", "--target=no_such_module:app", f"--reports={runs.reports}", "--operations=5")
    assert process.wait() == 3
    assert "there is no module 'no_such_module'" in process.output
    assert "target.log: crosstalk: there is no module" in process.output  # its log's last lines
    assert not [line for line in process.output.splitlines() if line.startswith("Traceback")]
    assert runs.verdict()["exit_code"] == 3
    *_, said, path = process.output.splitlines()
    assert said == "Nothing was asked: no target could start, for the reason above."
    assert path.endswith("report.html")
    assert "process-sync: failed after" in process.output
    assert "Matrix" not in process.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_and_judges(crosstalk: Crosstalk, runs: Runs, number: signal.Signals) -> None:
    process = crosstalk("run", "--duration=300", "--users=10", f"--reports={runs.reports}")
    process.until(runs.operations_began, "operations")
    process.send_all(number)  # as a terminal does; the column is in a session of its own
    assert process.wait() == 2
    verdict = runs.verdict()
    assert column_names(verdict) == ["thread-gthread"]
    assert "column process-sync was not run" in doubts(verdict)
    assert "ACCOUNTING" not in doubts(verdict)
    assert process.output.splitlines()[-1].endswith("report.html")


def test_the_second_ctrl_c_quits_and_leaves_nothing_running(crosstalk: Crosstalk, runs: Runs) -> None:
    process = crosstalk("run", "--duration=300", "--users=10", f"--reports={runs.reports}")
    process.until(runs.operations_began, "operations")
    (column,) = runs.only().glob("*/column.json")
    port = json.loads(column.read_text())["address"][1]
    process.send(signal.SIGINT)
    process.send(signal.SIGTERM)
    assert process.wait() == 3
    assert "there is no verdict" in process.output
    assert runs.verdicts() == []
    eventually(lambda: not listening(port), "the target's end")


def test_a_harness_that_is_killed_leaves_nothing_running(crosstalk: Crosstalk, runs: Runs) -> None:
    process = crosstalk("run", "--duration=300", "--users=10", f"--reports={runs.reports}")
    process.until(runs.operations_began, "operations")
    (column,) = runs.only().glob("*/column.json")
    port = json.loads(column.read_text())["address"][1]
    (locust,) = process.children("locust")
    os.kill(process.pid, signal.SIGKILL)
    eventually(lambda: not listening(port), "the target's end")
    eventually(lambda: not Path(f"/proc/{locust}").exists() or is_zombie(locust), "Locust's end")


def listening(port: int) -> bool:
    """Whether some process of this machine listens on *port*; connecting would be an operation."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in lines)


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] == "Z"
    except OSError:
        return True
