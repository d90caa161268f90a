"""One event, taken out of its batch: for witnesses only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .columns import Batch
from .layout import Side


@dataclass(frozen=True, slots=True)
class Event:
    """One record of the history, by name; ``fields`` are the columns of its side as integers."""

    side: Side
    source: str
    pid: int
    number: int
    fields: tuple[tuple[str, int], ...]

    def __getitem__(self, name: str) -> int:
        for key, value in self.fields:
            if key == name:
                return value
        raise KeyError(name)


def event_at(batch: Batch, row: int) -> Event:
    """Return row *row* of *batch* as an :class:`Event`."""
    record = batch.records[row]
    names = batch.records.dtype.names or ()
    fields = tuple((n, int(np.uint64(record[n]))) for n in names if n != "commit")
    return Event(batch.side, batch.source, batch.pid, batch.first + row, fields)
