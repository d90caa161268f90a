"""EVIDENCE: the thresholds of each model, just below and just at them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from harness.checkers.evidence import THRESHOLDS
from harness.checkers.judge import Judging
from harness.checkers.table import CHECKERS
from harness.history.canary import CanaryKind, make_canary
from harness.history.columns import CLIENT_DTYPE, SERVER_DTYPE, Batch
from harness.history.facts import ColumnFacts
from harness.history.layout import Kind, Side
from harness.verdict import Result, Verdict
from tests.unit.checkers.notation import judge_story, tell


def evidence(model: str, batches: Iterable[Batch], *, inside: bool = True) -> Result:
    judging = Judging([checker for checker in CHECKERS if checker.law.id == "EVIDENCE"])
    for batch in batches:
        judging.feed(batch)
    (result,) = judging.finish(ColumnFacts(model, "made-up", inside, ()))
    return result


def served(pid: int, operations: int, clients: int, session: int = 0, first: int = 0) -> Batch:
    """Return what a process wrote that served operations one after the other."""
    records = np.zeros(3 * operations, SERVER_DTYPE)
    for at in range(operations):
        op = make_canary(CanaryKind.OPERATION, 0, (first + at) % clients, first + at)
        records["op"][3 * at : 3 * at + 3] = op
    for at, kind in enumerate((Kind.ENTER, Kind.STEP, Kind.EXIT)):
        records["kind"][at::3] = kind
    records["value"] = session
    return Batch(Side.SERVER, f"server/{pid}", pid, 0, records)


SESSION = make_canary(CanaryKind.SESSION, 0, 0, 1)


#: story, and how often an operation is interrupted in it
SWITCHES = (
    ("1< 1> 2< 2>", 0),  # one after the other
    ("1< 2< 1> 2>", 2),  # 2 interrupts 1, and 1 goes on while 2 is inside
    ("1< 2< 2> 1>", 1),  # after 2 has left, nothing is interrupted
    ("1< @2 2< @1 1> @2 2>", 0),  # other processes interrupt nobody
    ("1<[op=?] 2< 1>[op=?] 2>", 1),  # a request that is none of ours interrupts, but isn't counted on
)


@pytest.mark.parametrize(("story", "switches"), SWITCHES)
def test_a_switch_is_a_change_of_operation_while_the_first_is_inside(story: str, switches: int) -> None:
    assert judge_story("EVIDENCE", story).facts["switches_inside_requests"] == switches


def test_switches_over_the_end_of_a_batch_count() -> None:
    (batch,) = tell("1< 2< 1.view 2.view 1> 2>").batches()
    pieces = [replace(batch, first=at, records=batch.records[at : at + 1]) for at in range(6)]
    assert evidence("thread", pieces).facts == evidence("thread", [batch]).facts


@pytest.mark.parametrize("model", ["thread", "greenlet"])
def test_enough_switches(model: str) -> None:
    def interrupted(times: int) -> Batch:
        records = np.zeros(times + 1, SERVER_DTYPE)
        records["op"] = [make_canary(CanaryKind.OPERATION, 0, at % 2, 1) for at in range(times + 1)]
        records["kind"] = Kind.STEP
        return Batch(Side.SERVER, "server/1", 1, 0, records)

    assert evidence(model, [interrupted(1000)]).verdict is Verdict.VALID
    short = evidence(model, [interrupted(999)])
    assert short.verdict is Verdict.UNKNOWN
    (doubt,) = short.doubts
    assert f"Too few switches inside requests: 999 seen, and a {model} column needs 1,000; run" in doubt


def test_enough_of_processes() -> None:
    result = evidence("process", [served(1, 100, 2, SESSION), served(2, 100, 2, SESSION, 100)])
    assert result.verdict is Verdict.VALID
    assert result.facts["processes_with_100_operations_of_2_clients"] == 2
    assert result.facts["sessions_served_by_2_processes"] == 1
    assert result.facts["sessions_served_by_2_processes_needed"] == 1


@pytest.mark.parametrize(
    ("batches", "words"),
    [
        ([served(1, 200, 2, SESSION)], "Too few processes that served 100 operations of 2 clients: 1 seen"),
        ([served(1, 100, 2, SESSION), served(2, 99, 2, SESSION)], "Too few processes that served"),
        ([served(1, 100, 2, SESSION), served(2, 100, 1, SESSION)], "Too few processes that served"),
        ([served(1, 100, 2, SESSION), served(2, 100, 2)], "Too few sessions served by two processes: 0 seen"),
        ([served(1, 100, 2), served(2, 100, 2)], "Too few sessions served by two processes: 0 seen"),
    ],
    ids=["one process", "too few operations", "one client", "no session in common", "no session at all"],
)
def test_too_little_of_processes(batches: list[Batch], words: str) -> None:
    result = evidence("process", batches)
    assert result.verdict is Verdict.UNKNOWN
    assert any(words in doubt for doubt in result.doubts)


def in_batches_of(batch: Batch, size: int) -> list[Batch]:
    return [
        replace(batch, first=at, records=batch.records[at : at + size])
        for at in range(0, len(batch.records), size)
    ]


def answered(operations: int, clients: int) -> Batch:
    """Return what a client's journal holds of operations that were sent, and answered."""
    records = np.zeros(2 * operations, CLIENT_DTYPE)
    for at in range(operations):
        records["op"][2 * at : 2 * at + 2] = make_canary(CanaryKind.OPERATION, 0, at % clients, at)
    records["kind"][::2], records["kind"][1::2] = Kind.INVOKE, Kind.OK
    return Batch(Side.CLIENT, "client/0", 1, 0, records)


@pytest.mark.parametrize(
    ("operations", "clients", "short"),
    [
        (500, 2, []),
        (499, 2, ["Too few operations answered: 499 seen"]),
        (500, 1, ["Too few clients answered: 1 seen"]),
    ],
)
def test_of_a_black_box_the_answers_count(operations: int, clients: int, short: list[str]) -> None:
    for size in (2 * operations, 7):
        batches = in_batches_of(answered(operations, clients), size)
        result = evidence("thread", batches, inside=False)
        assert [doubt.partition(",")[0] for doubt in result.doubts] == short
        assert (result.facts["operations_answered"], result.facts["clients_answered"]) == (
            operations,
            clients,
        )


def test_what_a_process_served_adds_up_over_its_batches() -> None:
    batches = [piece for pid in (1, 2) for piece in in_batches_of(served(pid, 100, 2, SESSION), 7)]
    assert evidence("process", batches).verdict is Verdict.VALID


def test_a_model_without_a_threshold_is_a_doubt() -> None:
    (doubt,) = evidence("fibre", [served(1, 1, 1)]).doubts
    assert "'fibre' is not known; it is known for black-box, greenlet, process and thread." in doubt


def test_every_measure_of_the_table_is_measured_and_printed_with_its_threshold() -> None:
    for threshold in THRESHOLDS:
        for model in threshold.models:
            facts = evidence(model, []).facts
            assert facts[threshold.measure] == 0
            assert facts[f"{threshold.measure}_needed"] == threshold.needed


def test_without_a_look_inside_there_is_none() -> None:
    assert evidence("thread", [], inside=False).looked is False
