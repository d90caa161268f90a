"""What the history holds of a few chosen operations: the records around a witness, for a timeline.

A witness is the fewest events that prove a breach; to see *how* it came about, one wants the
operations' own checkpoints between them. So after judging, the history is read once more, and what
the chosen operations wrote is kept, up to a limit for each.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .columns import Batch
from .event import Event, event_at

#: Records kept of one operation in one journal: several times what a request writes.
EVENTS_MAX = 120


def gather_stories(batches: Iterable[Batch], operations: Iterable[int]) -> dict[int, tuple[Event, ...]]:
    """Return each operation's events, journal after journal; those nobody recorded are left out."""
    wanted = np.array(sorted(set(operations)), np.uint64)
    told: dict[int, list[Event]] = {}
    held: dict[tuple[int, str], int] = {}
    if not wanted.size:
        return {}
    for batch in batches:
        op = np.ascontiguousarray(batch.records["op"])
        place = np.minimum(np.searchsorted(wanted, op), wanted.size - 1)
        for row in np.flatnonzero(wanted[place] == op).tolist():
            key = (int(op[row]), batch.source)
            held[key] = held.get(key, 0) + 1
            if held[key] <= EVENTS_MAX:
                told.setdefault(key[0], []).append(event_at(batch, row))
    return {operation: tuple(events) for operation, events in told.items()}
