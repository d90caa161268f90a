"""How a target ended, and which of its ends make the evidence doubtful."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from harness.workers import supervisor
from harness.workers.ending import ExitFacts, SupervisorFacts


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (ExitFacts(-9, expected=False), "died during the run (killed by signal 9)"),
        (ExitFacts(3, expected=False), "died during the run (exit status 3)"),
        (ExitFacts(0, expected=False), "died during the run (exit status 0)"),
        (ExitFacts(None, expected=False), "died during the run (with its supervisor)"),
        (ExitFacts(-9, expected=True, killed=True), "did not stop when it was asked to"),
        (ExitFacts(0, expected=True, trouble=("the log is full",)), "the log is full"),
    ],
)
def test_a_doubtful_end(facts: ExitFacts, says: str) -> None:
    (doubt,) = facts.doubts()
    assert says in doubt


@pytest.mark.parametrize("workers_gone", [(), (12,)])
def test_a_clean_end_also_after_a_worker_was_replaced(workers_gone: tuple[int, ...]) -> None:
    assert ExitFacts(0, expected=True, workers_gone=workers_gone).doubts() == ()


def test_facts_are_collected_from_lines() -> None:
    facts = SupervisorFacts()
    for fact in (
        {"event": "started", "pid": 11},
        {"event": "worker-gone", "pid": 12},
        {"event": "trouble", "text": "disk"},
        {"event": "exited", "status": -15, "expected": True, "killed": False, "log_bytes_cut": 5},
    ):
        facts.take(json.dumps(fact))
    assert facts.pid == 11
    assert facts.exited == ExitFacts(
        -15, expected=True, killed=False, log_bytes_cut=5, workers_gone=(12,), trouble=("disk",)
    )


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", "[]", "{}", '{"event": "started"}'])
def test_what_is_no_fact_is_kept_as_noise(line: str) -> None:
    facts = SupervisorFacts()
    facts.take(line)
    assert facts.noise == [line]
    assert facts.exited is None


class Target:
    """A stand-in for a target that runs until it is told to end."""

    pid = 11

    def __init__(self) -> None:
        self.signals: list[int] = []

    def send_signal(self, number: int) -> None:
        self.signals.append(number)


class Watched:
    """A stand-in for a log and a sampler that sees what it is told to."""

    def __init__(self, *seen: set[int]) -> None:
        self._seen = list(seen)

    def flush(self) -> None: ...

    def sample(self) -> frozenset[int]:
        return frozenset(self._seen.pop(0))


def test_a_worker_that_vanishes_is_reported_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watched: Any = Watched({11, 12, 13}, {11, 13}, {11, 13, 14}, set(), {11}, set())
    target: Any = Target()
    keeper = object.__new__(supervisor.Supervisor)
    keeper._target, keeper._log, keeper._sampler = target, watched, watched
    keeper._parent, keeper._deadline, keeper._seen = os.getppid(), None, frozenset()
    for _ in range(4):
        keeper._look()
    gone = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert gone == [{"event": "worker-gone", "pid": 12}]  # nothing seen: the target itself is ending
    keeper.stop(5)
    keeper._look()
    assert capsys.readouterr().out == ""  # workers go when they are told to
    monkeypatch.setattr(os, "getppid", lambda: 1)
    keeper._look()
    assert len(target.signals) == 1
    assert keeper._deadline is not None


def test_another_parent_means_that_the_harness_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    watched: Any = Watched({11})
    target: Any = Target()
    keeper = object.__new__(supervisor.Supervisor)
    keeper._target, keeper._log, keeper._sampler = target, watched, watched
    keeper._parent, keeper._deadline, keeper._seen = 4711, None, frozenset()
    keeper._look()
    assert target.signals == [signal.SIGTERM]
