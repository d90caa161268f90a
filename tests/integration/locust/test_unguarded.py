"""``--unguarded``: a BaseException reaches the server, which does with it what that server does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.locust.locusts import Process, Runs, doubts, invariants

RunHeadless = Callable[..., tuple[int, Process]]
ONLY = ("--scenarios=base_exception", "--operations=30", "--users=5", "--timeout-s=2")


def outcomes(verdict: dict[str, list[dict[str, dict[str, int]]]]) -> tuple[int, int]:
    measures = verdict["columns"][0]["measures"]
    return measures["ok"], measures["fail"] + measures["info"]


@pytest.mark.parametrize("model", ["thread", "greenlet"])
def test_a_server_that_such_an_error_ends_loses_operations_and_that_is_a_doubt(
    run_headless: RunHeadless, runs: Runs, model: str
) -> None:
    code, _ = run_headless(*ONLY, f"--worker-model={model}", "--unguarded")
    verdict = runs.verdict()
    assert (code, verdict["verdict"]) == (2, "unknown"), doubts(verdict)
    assert outcomes(verdict)[1] > 0
    assert verdict["columns"][0]["meta"]["guard"] is False
    # The error that ended the server kept its request alive; that says nothing about the application.
    assert invariants(verdict)["I10"] == "not looked at"


def test_gunicorn_sync_answers_such_an_error_itself(run_headless: RunHeadless, runs: Runs) -> None:
    code, _ = run_headless(*ONLY, "--worker-model=process", "--unguarded")
    verdict = runs.verdict()
    assert (code, outcomes(verdict)) == (2, (30, 0)), doubts(verdict)
    log = next(runs.only().glob("*/target.log")).read_text(errors="replace")
    assert "ProbeSystemExit" in log  # it was the server that caught it, and said so


@pytest.mark.parametrize("model", ["thread", "greenlet", "process"])
def test_guarded_every_one_is_answered_and_the_server_hears_nothing(
    run_headless: RunHeadless, runs: Runs, model: str
) -> None:
    run_headless(*ONLY, f"--worker-model={model}")
    verdict = runs.verdict()
    assert outcomes(verdict) == (30, 0)
    assert invariants(verdict)["I10"] == "ok"
    log = next(runs.only().glob("*/target.log")).read_text(errors="replace")
    assert "ProbeSystemExit" not in log
