"""Batches, events and violations made by hand, for tests of the pure parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.history.columns import CLIENT_DTYPE, Batch
from harness.history.event import Event
from harness.history.layout import Kind, Side
from harness.history.scenarios import Scenario
from harness.verdict import Violation


def client_rows(*rows: dict[str, int]) -> Batch:
    """Return a client's batch of these records; the *t* of each is its number unless given."""
    records = np.zeros(len(rows), CLIENT_DTYPE)
    for at, row in enumerate(rows):
        for name, value in {"t": at, "scenario": int(Scenario.ECHO), **row}.items():
            records[name][at] = value
        records["commit"][at] = at + 1
    return Batch(Side.CLIENT, "client/0", 1, 0, records)


def event(side: Side = Side.SERVER, *, t: int = 0, **fields: int) -> Event:
    """Return an event with these fields."""
    named = {"t": t, "op": 0, "kind": int(Kind.STEP), "point": 0, **fields}
    return Event(side, "server/1-1", 1, t, tuple(named.items()))


def violation(
    times: Sequence[int] = (0,),
    *,
    invariant: str = "I1",
    anomaly: str = "foreign-request",
    explanation: str = "",
    operations: tuple[int, ...] = (1,),
    checkpoint: str = "",
) -> Violation:
    """Return a violation whose witness has events at these times."""
    events = tuple(event(t=t) for t in times)
    return Violation(invariant, anomaly, explanation, events, operations, checkpoint)
