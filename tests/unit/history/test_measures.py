"""Throughput and latency out of client records; every number against one worked out by hand."""

from __future__ import annotations

import random

import numpy as np
import pytest

from harness.history.canary import CanaryKind, make_canary
from harness.history.columns import CLIENT_DTYPE, SERVER_DTYPE, Batch
from harness.history.layout import Kind, Side
from harness.history.measures import Measures, Measuring
from harness.history.scenarios import Scenario

MS = 1_000_000
#: kind, operation, time in ms, and the status of an OK
Row = tuple[Kind, int, float, int]


def batch(rows: list[Row], source: str = "client/0", scenario: int = Scenario.ECHO) -> Batch:
    records = np.zeros(len(rows), CLIENT_DTYPE)
    for record, (kind, number, at_ms, status) in zip(records, rows, strict=True):
        record["kind"] = kind
        record["op"] = make_canary(CanaryKind.OPERATION, 0, 0, number)
        record["t"] = round(at_ms * MS)
        record["value"] = status
        record["scenario"] = scenario
    return Batch(Side.CLIENT, source, 1, 0, records)


def measured(*batches: Batch) -> Measures:
    measuring = Measuring()
    for each in batches:
        measuring.feed(each)
    return measuring.finish()


def test_operations_are_counted_by_outcome_and_status() -> None:
    told = measured(
        batch(
            [
                (Kind.INVOKE, 1, 1000, 0),
                (Kind.INVOKE, 2, 1000, 0),
                (Kind.OK, 1, 1010, 200),
                (Kind.OK, 2, 1020, 404),
                (Kind.INVOKE, 3, 1020, 0),
                (Kind.INFO, 3, 3500, 0),
                (Kind.INVOKE, 4, 3500, 0),
                (Kind.FAIL, 4, 3501, 0),
                (Kind.INVOKE, 5, 3502, 0),
            ]
        )
    )
    assert (told.operations, told.ok, told.fail, told.info) == (5, 2, 1, 1)
    assert told.statuses == ((200, 1), (404, 1))
    assert told.duration_s == pytest.approx(2.501)
    assert told.operations_per_s == pytest.approx(4 / 2.501)
    assert told.per_second == (2, 0, 2)


def test_nothing_measured_is_all_zero() -> None:
    assert measured() == Measures(0, 0, 0, 0, 0.0, 0.0)


def test_percentiles_are_within_one_percent_and_the_greatest_is_exact() -> None:
    dice = random.Random(7)
    latencies = sorted(dice.lognormvariate(1, 1.5) for _ in range(5000))
    rows: list[Row] = []
    for number, latency in enumerate(latencies):
        rows += [(Kind.INVOKE, number, 1000, 0), (Kind.OK, number, 1000 + latency, 200)]
    (told,) = measured(batch(rows)).scenarios
    for share, seen in (
        (0.50, told.latency_ms_p50),
        (0.95, told.latency_ms_p95),
        (0.99, told.latency_ms_p99),
    ):
        assert seen == pytest.approx(latencies[round(share * 5000) - 1], rel=0.011)
    assert told.latency_ms_max == pytest.approx(latencies[-1], abs=1e-6)


def test_scenarios_are_told_apart_and_only_answers_have_latencies() -> None:
    echo = batch([(Kind.INVOKE, 1, 0, 0), (Kind.OK, 1, 5, 200)])
    lost = batch([(Kind.INVOKE, 2, 5, 0), (Kind.INFO, 2, 999, 0)], scenario=Scenario.STREAM)
    told = measured(echo, lost).scenarios
    assert [(one.scenario, one.ok, one.info) for one in told] == [("echo", 1, 0), ("stream", 0, 1)]
    assert [one.latency_ms_max for one in told] == [5.0, 0.0]


def test_an_operation_is_paired_over_batches_and_clients_do_not_mix() -> None:
    first = batch([(Kind.INVOKE, 1, 10, 0)])
    second = batch([(Kind.OK, 1, 30, 200)])
    assert measured(first, second).scenarios[0].latency_ms_max == 20.0
    other = batch([(Kind.OK, 1, 30, 200)], source="client/1")
    assert measured(first, other).scenarios[0].latency_ms_max == 0.0


def test_journals_of_other_hosts_are_measured_by_their_own_clocks() -> None:
    one = batch([(Kind.INVOKE, 1, 1_000, 0), (Kind.OK, 1, 1_500, 200)])
    other = batch([(Kind.INVOKE, 2, 9_000_000, 0), (Kind.OK, 2, 9_001_200, 200)], source="client/1")
    told = measured(one, other)
    assert told.duration_s == pytest.approx(1.2)
    assert told.per_second == (1, 1)


@pytest.mark.parametrize("t", [0, (1 << 64) - 1])
def test_absurd_times_and_statuses_of_an_untrusted_journal_do_no_harm(t: int) -> None:
    rows = batch([(Kind.INVOKE, 1, 10, 0), (Kind.OK, 1, 20, 200), (Kind.INVOKE, 2, 30, 0)])
    rows.records["t"][1] = t
    rows.records["value"][1] = (1 << 64) - 1
    told = measured(rows)
    assert (told.ok, sum(told.per_second)) == (1, 1)
    assert told.statuses == ((999, 1),)


def test_the_targets_records_are_not_measured() -> None:
    assert measured(Batch(Side.SERVER, "server/1", 1, 0, np.zeros(3, SERVER_DTYPE))).operations == 0
