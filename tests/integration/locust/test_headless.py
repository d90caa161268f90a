"""`locust -f locustfiles/isolation.py --headless`: one process, every way to end."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.workers.readiness import ask
from tests.integration.locust.conftest import Start
from tests.integration.locust.locusts import (
    ROOT,
    Process,
    Runs,
    doubts,
    headless,
    invariants,
    locust,
    operations,
)

RunHeadless = Callable[..., tuple[int, Process]]


@pytest.mark.parametrize("model", ["thread", "greenlet", "process"])
def test_a_right_target_is_valid_and_the_evidence_is_shown(
    run_headless: RunHeadless, runs: Runs, model: str
) -> None:
    code, process = run_headless("--operations=900", f"--worker-model={model}")
    verdict = runs.verdict()
    assert (code, verdict["verdict"]) == (0, "valid"), doubts(verdict)
    assert operations(verdict) == 900
    evidence = verdict["columns"][0]["evidence"]
    assert evidence
    assert all(line["seen"] >= line["needed"] for line in evidence)
    assert "Evidence" in process.output
    assert str(runs.only() / "report.html") in process.output


@pytest.mark.parametrize(("model", "code"), [("thread", 1), ("greenlet", 1), ("process", 0)])
def test_a_context_in_a_module_global(run_headless: RunHeadless, runs: Runs, model: str, code: int) -> None:
    found, _ = run_headless("--operations=900", f"--worker-model={model}", "--faults=global_request")
    verdict = runs.verdict()
    assert found == code == verdict["exit_code"], doubts(verdict)
    results = verdict["columns"][0]["results"]
    violations = [v for result in results for v in result["violations"] if result["invariant"] == "I1"]
    assert bool(violations) == bool(code)
    if code:
        assert any(len(set(v["operations"])) >= 2 and v["checkpoint"] for v in violations)


@pytest.mark.parametrize("model", ["thread", "greenlet", "process"])
def test_a_teardown_that_stops_the_others(run_headless: RunHeadless, runs: Runs, model: str) -> None:
    fault = "--faults=teardown_error_stops_others"
    code, _ = run_headless("--operations=600", f"--worker-model={model}", fault)
    assert code == 1
    assert invariants(runs.verdict())["I6"] == "violated"


def test_two_operations_are_too_little_evidence(run_headless: RunHeadless, runs: Runs) -> None:
    code, _ = run_headless("--operations=2")
    verdict = runs.verdict()
    assert (code, verdict["verdict"], operations(verdict)) == (2, "unknown", 2)
    assert "EVIDENCE" in doubts(verdict)


def test_the_run_s_command_gives_the_same_operations_again(
    start: Start, run_headless: RunHeadless, runs: Runs, tmp_path: Path
) -> None:
    run_headless("--operations=30", "--users=1")
    again = shlex.split(runs.verdict()["again"])
    assert again[0] == "locust"
    second = Runs(tmp_path / "second")
    command = [sys.executable, "-m", *again, f"--reports={second.reports}"]
    start(command).wait()
    first_mix, second_mix = (
        {entry["scenario"]: entry["ok"] for entry in each.verdict()["columns"][0]["measures"]["scenarios"]}
        for each in (runs, second)
    )
    assert first_mix == second_mix


@pytest.mark.parametrize("how", ["--run-time=6", "--duration=3"])
def test_time_ends_a_run_too(run_headless: RunHeadless, runs: Runs, how: str) -> None:
    code, _ = run_headless(how)
    verdict = runs.verdict()
    assert (code, verdict["verdict"]) == (0, "valid"), doubts(verdict)
    assert verdict["columns"][0]["measures"]["info"] == 0  # what was in flight was let end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_still_judge(start: Start, runs: Runs, number: signal.Signals) -> None:
    process = start(headless(f"--reports={runs.reports}"))
    process.until(runs.operations_began, "operations")
    process.send(number)
    code = process.wait()
    verdict = runs.verdict()
    assert code == verdict["exit_code"]
    assert code in (0, 2)  # too early for enough evidence, perhaps
    assert operations(verdict) > 0
    assert "Traceback" not in process.output


def test_a_target_that_dies_is_unknown(start: Start, runs: Runs) -> None:
    process = start(headless(f"--reports={runs.reports}"))
    process.until(runs.operations_began, "operations")
    (column,) = runs.only().glob("*/column.json")
    host, port = json.loads(column.read_text())["address"]
    said = ask(host, port, 5.0)
    assert said is not None
    # The process that answers is a worker; its parent is the target's main process.
    os.kill(int(Path(f"/proc/{said.pid}/stat").read_text().rsplit(")")[1].split()[1]), signal.SIGKILL)
    assert process.wait() == 2
    assert "the target died" in doubts(runs.verdict())


def test_no_operations_are_unknown(run_headless: RunHeadless, runs: Runs) -> None:
    code, _ = run_headless("--users=0", "--duration=1")
    verdict = runs.verdict()
    assert (code, operations(verdict)) == (2, 0)
    assert "No operation was sent" in doubts(verdict)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--worker-model=nope"], "--worker-model: there is no 'nope'"),
        (["--server=nope"], "--server: there is no 'nope'"),
        (["--faults=nope"], "--faults: there is no 'nope'"),
        (["--scenarios=nope"], "--scenarios: there is no 'nope'"),
        (["--operations=many"], "--operations: 'many' is no whole number"),
        (["--worker-model=thread,greenlet"], "one target runs one column"),
        (["--target=nope"], "names no application"),
        (["--host=https://example.test", "-t5"], "--host: 'https://example.test' names no target"),
        (["--reports=/dev/null", "-t5"], "choose another --reports"),
        (["--target-python=/no/such/python", "-t5"], "there is no such program"),
        (["--target=no_such_module:app", "-t5"], "there is no module 'no_such_module'"),
        (["--bind=192.0.2.1", "-t5"], "this machine has no such address"),
    ],
)
def test_what_can_t_start_is_one_line_and_exit_3(
    run_headless: RunHeadless, runs: Runs, arguments: list[str], said: str
) -> None:
    code, process = run_headless(*arguments)
    assert code == 3
    lines = [line for line in process.output.splitlines() if said in line]
    assert lines, process.output
    for verdict in runs.verdicts():
        assert (verdict["verdict"], verdict["exit_code"]) == ("unknown", 3)


SCENARIO = """
import sys
sys.path.insert(0, {root!r})
from harness.commands.locust.run import ProbingUser
from locust import events
from locust.exception import StopTest

seen = []

@events.request.add_listener
def on_request(**_):
    seen.append(1)
    if len(seen) == 5 and {when!r} == "request":
        raise {what}

@events.test_start.add_listener
def on_test_start(**_):
    if {when!r} == "start":
        raise {what}
"""


@pytest.mark.parametrize(
    ("when", "what"),
    [
        ("request", "RuntimeError('of somebody else')"),  # Locust logs it, and goes on
        ("request", "StopTest('enough')"),  # Locust ends the one user
        ("start", "StopTest('enough')"),  # Locust ends the run, with 0 if nobody says otherwise
        ("start", "RuntimeError('of somebody else')"),
    ],
)
def test_what_others_raise_makes_nothing_valid(
    start: Start, runs: Runs, tmp_path: Path, when: str, what: str
) -> None:
    locustfile = tmp_path / "scenario.py"
    locustfile.write_text(SCENARIO.format(root=str(ROOT), when=when, what=what))
    command = locust("--headless", "-u1", "-r1", "--operations=20", locustfile=locustfile)
    process = start([*command, f"--reports={runs.reports}"])
    assert process.wait() == 2
    assert all(verdict["verdict"] == "unknown" for verdict in runs.verdicts())


def test_the_first_operations_of_all_users_are_sent_before_the_first_response(
    run_headless: RunHeadless, runs: Runs
) -> None:
    from harness.history.layout import Kind
    from harness.history.reader import open_journal

    run_headless("--operations=200", "--users=20", "--spawn-rate=20")
    (path,) = runs.only().glob("*/client/0.journal")
    kinds = [int(row["kind"]) for batch in open_journal(path, "client/0").batches() for row in batch.records]
    assert kinds[: kinds.index(Kind.OK)].count(Kind.INVOKE) >= 20
