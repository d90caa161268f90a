"""The measurement of checkers measures what it says; its numbers are nobody's business here."""

from __future__ import annotations

import pytest

from harness.bench.checkers import main, measure
from harness.bench.histories import HistoryMaker
from harness.history.layout import Kind, Side
from harness.verdict import Verdict


def test_a_made_up_history_is_valid_and_counted() -> None:
    cost = measure(20_000)
    assert cost.events >= 20_000
    assert cost.verdict is Verdict.VALID
    assert cost.cpu_s > 0
    assert len(cost.lines()) == 4


def test_it_prints_what_it_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["2e4"]) == 0
    assert "events/s" in capsys.readouterr().out


def test_histories_are_realistic() -> None:
    maker = HistoryMaker(1, journals=3, concurrency=50)
    batches = list(maker.batches(100_000))
    server = sum(len(batch.records) for batch in batches if batch.side is Side.SERVER)
    client = sum(len(batch.records) for batch in batches if batch.side is Side.CLIENT)
    operations = sum(int((batch.records["kind"] == Kind.INVOKE).sum()) for batch in batches)
    assert 25 < server / operations < 40
    assert 6 < client / operations < 10
    assert {batch.source for batch in batches} == {"client/0", "server/0", "server/1", "server/2"}


def test_the_same_seed_makes_the_same_history() -> None:
    one, other = HistoryMaker(5), HistoryMaker(5)
    for first, second in zip(one.batches(5000), other.batches(5000), strict=True):
        assert first.records.tobytes() == second.records.tobytes()
    assert one.facts() == other.facts()
