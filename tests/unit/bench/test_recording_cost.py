"""What the bench says of recording: the right differences, of requests that were recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bench import recording
from harness.bench.recording import RecordingCost
from harness.bench.rounds import Compared, alternate
from harness.history.reader import open_journal
from targetapp.framework import steps


def test_the_median_of_the_rounds_counts() -> None:
    compared = Compared("a request", 24, ((1100, 1000), (5000, 1000), (1120, 1000)))
    assert compared.overhead == pytest.approx(0.12)
    assert compared.of_budget == pytest.approx(0.10)
    assert compared.each == pytest.approx(5)
    assert compared.line() == (
        "recording: a request: 20 events cost 10.0% (limit 12%, met) of 1,000 ns;"
        " all 24 events 12.0%, 5 ns each"
    )


def test_a_limit_that_is_missed_is_said_to_be() -> None:
    line = Compared("a request", 20, ((600_000, 500_000),), "instructions").line()
    assert "20.0% (limit 12%, missed) of 500,000 instructions" in line
    assert line.endswith("5,000 instructions each")


def test_it_prints_every_cost() -> None:
    lines = RecordingCost(500.4, 610.2, (Compared("a request", 20, ((3, 2),)),)).lines()
    assert lines[0].startswith("recording: 500 ns an event")
    assert lines[1].startswith("recording: 610 ns an event")
    assert len(lines) == 3


def test_both_are_measured_in_turn() -> None:
    order: list[str] = []

    def a() -> int:
        order.append("a")
        return 1

    def b() -> int:
        order.append("b")
        return 2

    assert alternate(a, b, rounds=4) == ((1, 2),) * 4
    assert "".join(order) == "ab" + "ba" + "ab" + "ba" + "ab"


def test_every_checkpoint_of_a_request_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "ROUNDS", 2)
    monkeypatch.setattr(recording, "REQUESTS", 3)
    bench = recording._Bench(tmp_path)
    compared = recording.compare_steps(bench)
    bench.observer.close()
    (path,) = tmp_path.glob("*.journal")
    rounds = len(compared.rounds)
    assert compared.events == len(steps.NORMAL)
    assert open_journal(path, "server/1").facts.committed == compared.events * 3 * (rounds + 1)
