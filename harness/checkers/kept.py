"""Whole records that a fold keeps to the end, because any of them may turn out to be a witness."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from harness.history.columns import CLIENT_DTYPE, Batch, Records
from harness.history.event import Event

from .view import Rows, View, event_of, without_records


@dataclass(slots=True)
class Kept:
    """Records out of many batches of clients' journals: 72 bytes each, and where they came from."""

    _parts: list[tuple[Batch, Records, Rows]] = field(default_factory=list)

    def add(self, view: View, rows: Rows) -> None:
        """Keep rows of a view."""
        if rows.size:
            self._parts.append((without_records(view.batch), view.records[rows], rows + view.first))

    def records(self) -> Records:
        """Return all of them, by journal and number, however they were fed."""
        self._parts.sort(key=lambda part: (part[0].source, int(part[2][0])))
        return np.concatenate([np.empty(0, CLIENT_DTYPE), *(records for _, records, _ in self._parts)])

    def event(self, at: int) -> Event:
        """Return one of :meth:`records` as a witness."""
        for batch, records, numbers in self._parts:
            if at < len(records):
                return event_of(batch, records[[at]], int(numbers[at]))
            at -= len(records)
        raise IndexError(at)
