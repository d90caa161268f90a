"""The client's rows, word for word, as the history's reader will see them."""

from __future__ import annotations

import json
import struct
import threading
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from harness.history.columns import CLIENT_DTYPE
from harness.history.layout import RECORD_FORMAT, Ending, Field, Kind
from harness.history.scenarios import Scenario
from harness.load.connections import Connection
from harness.load.observations import Observation
from harness.load.recording import DetailsWriter, Recorder
from harness.workload.operation import Operation, Policy

OPERATION = Operation(
    Scenario.ECHO, 0x1000000300000007, "GET", "/", session=0x2000000300000001, policy=Policy.SHARED
)


class Rows(list[tuple[int, ...]]):
    """A journal in memory."""

    def write(self, *words: int) -> None:
        self.append(words)

    def decode(self) -> list[dict[str, int]]:
        packed = b"".join(struct.pack(RECORD_FORMAT, *words, 1) for words in self)
        records = np.frombuffer(packed, CLIENT_DTYPE)
        names = records.dtype.names or ()
        return [{name: int(record[name]) for name in names} for record in records]


def connection() -> Connection:
    made = Connection(("127.0.0.1", 1), "127.0.0.5", (3 << 16) + 2, 1.0)
    made.ordinal = 4
    return made


def test_an_operation_is_invoke_observations_and_an_end() -> None:
    rows = Rows()
    clock = count(1_000_000_000_000, 10)
    trail = Recorder(rows, clock=lambda: next(clock)).invoke(OPERATION, connection())
    trail.observe([Observation(Field.G, 5, 2**64 - 1, 1), Observation(Field.READ, 6, 7)])
    trail.end(Kind.OK, 200)
    common = {
        "op": OPERATION.canary,
        "session": OPERATION.session,
        "connection": (3 << 16) + 2,
        "ordinal": 4,
        "thread": threading.get_native_id(),
        "spare": 0,
        "scenario": Scenario.ECHO,
        "commit": 1,
    }
    start, done = 1_000_000_000_000, 1_000_000_000_010
    shown = [{key: row[key] for key in row if key != "greenlet"} for row in rows.decode()]
    assert shown == [
        {**common, "t": start, "kind": Kind.INVOKE, "point": 0, "expected": 0, "value": 0, "detail": 3},
        {
            **common,
            "t": done,
            "kind": Kind.OBSERVE,
            "point": Field.G,
            "expected": 5,
            "value": 2**64 - 1,
            "detail": 1,
        },
        {
            **common,
            "t": done,
            "kind": Kind.OBSERVE,
            "point": Field.READ,
            "expected": 6,
            "value": 7,
            "detail": 0,
        },
        {**common, "t": done, "kind": Kind.OK, "point": 0, "expected": 0, "value": 200, "detail": 0},
    ]


@pytest.mark.parametrize(
    ("kind", "status", "ending", "detail"),
    [
        (Kind.FAIL, 0, Ending.WHOLE, 0),
        (Kind.INFO, 0, Ending.WHOLE, 0),
        (Kind.OK, 200, Ending.LEFT, 1),
        (Kind.OK, 200, Ending.CACHED, 2),
    ],
)
def test_every_end_says_how(kind: Kind, status: int, ending: Ending, detail: int) -> None:
    rows = Rows()
    Recorder(rows).invoke(OPERATION, connection()).end(kind, status, ending)
    last = rows.decode()[-1]
    assert (last["kind"], last["value"], last["detail"]) == (kind, status, detail)
    assert last["t"] >= rows.decode()[0]["t"]


def test_completion_is_noted_once() -> None:
    clock = count(5)
    trail = Recorder(Rows(), clock=lambda: next(clock)).invoke(OPERATION, connection())
    assert trail.completed() == trail.completed() == 6
    trail.end(Kind.OK, 200)
    assert (trail.invoked_ns, trail.ended_ns) == (5, 6)


def test_details_are_lines_up_to_a_bound(tmp_path: Path) -> None:
    details = DetailsWriter(tmp_path / "d.jsonl", bytes_max=260)
    recorder = Recorder(Rows(), details)
    recorder.explain(OPERATION, "a\nb")
    recorder.explain(OPERATION, "x" * 5_000)
    recorder.explain(OPERATION, "later ones are dropped too, or a gap would look like silence")
    details.close()
    lines = (tmp_path / "d.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"op": "1000000300000007", "text": "a\nb", "sent": "GET /; X-Canary: 1000000300000007"},
        {"op": "0000000000000000", "text": "2 more were not kept"},
    ]
    assert sum(len(line) + 1 for line in lines) <= 260
    assert details.dropped == 2


def test_a_disk_that_takes_nothing_costs_details_only() -> None:
    details = DetailsWriter("/dev/full")
    details.write(1, "text")
    details.write(1, "text")
    assert details.dropped == 2
    details.close()


def test_without_details_an_explanation_goes_nowhere() -> None:
    rows = Rows()
    Recorder(rows).explain(OPERATION, "text")
    assert not rows
