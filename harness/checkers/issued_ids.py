"""I7: no id is handed out twice, by whichever worker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from harness.history.canary import ABSENT, UNMARKED, name_canary
from harness.history.columns import Batch, Records
from harness.history.event import Event
from harness.history.facts import ColumnFacts
from harness.history.layout import Field, Kind, Side
from harness.verdict import Result, Violation

from .checkpoints import code_of
from .fold import Fold, Law, Looked, conclude
from .sentences import capital
from .tally import Tally
from .view import Rows, View, event_of, without_records

FIELDS = (Field.ISSUED_ID,)
_ISSUED = code_of(Kind.OBSERVE, Field.ISSUED_ID)


@dataclass(frozen=True, slots=True)
class _Issued:
    """The ids of one batch, as whole records: any of them may turn out to be a witness."""

    batch: Batch  # without its records
    records: Records
    numbers: Rows

    def event(self, at: int) -> Event:
        return event_of(self.batch, self.records[[at]], int(self.numbers[at]))


class IssuedIds:
    """Keeps every id that was handed out: 72 bytes each, the one fold that grows with the history."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._tally = Tally()
        self._issued: list[_Issued] = []
        self._looked = 0

    def feed(self, view: View) -> None:
        """Take in a batch; only the client's matters."""
        if view.side is not Side.CLIENT:
            return
        issued = view.code == _ISSUED
        none = issued & ((view.value == ABSENT) | (view.value == UNMARKED))
        self._looked += int(issued.sum())
        self._tally.rows(view, none, "no-id", partial(self._no_id, view))
        rows = np.flatnonzero(issued & ~none)
        if rows.size:
            kept = without_records(view.batch)
            self._issued.append(_Issued(kept, view.records[rows], rows + view.first))

    def _no_id(self, view: View, row: int) -> Violation:
        event = view.event(row)
        sentence = capital(f"{name_canary(event['op'])} asked for an id and was handed out none.")
        return Violation(self._law.id, "no-id", sentence, (event,), (event["op"],), "issued_id")

    def finish(self, facts: ColumnFacts) -> Result:
        """Compare all ids with each other."""
        if self._issued:
            self._find_duplicates()
        return conclude(
            self._law,
            facts,
            Looked(client=self._looked),
            self._tally.close(facts),
            counts={"ids": self._looked},
        )

    def _find_duplicates(self) -> None:
        values = np.concatenate([part.records["value"] for part in self._issued])
        order = np.argsort(values)
        same = values[order[1:]] == values[order[:-1]]
        if not same.any():
            return
        starts = np.cumsum([0, *(len(part.records) for part in self._issued)])
        groups = np.split(order, np.flatnonzero(~same) + 1)
        for group in groups:
            if len(group) < 2:
                continue
            events = []
            for at in group:
                part = int(np.searchsorted(starts, at, side="right")) - 1
                events.append(self._issued[part].event(int(at - starts[part])))
            events.sort(key=lambda event: (event.source, event.number))
            for event in events[1:]:
                build = partial(self._duplicate, events[0], event)
                self._tally.add(event.source, event.number, event["op"], "duplicate-id", build)

    def _duplicate(self, first: Event, second: Event) -> Violation:
        sentence = f"{name_canary(first['op'])} and {name_canary(second['op'])} were handed out the same id."
        operations = (first["op"], second["op"])
        return Violation(
            self._law.id, "duplicate-id", capital(sentence), (first, second), operations, "issued_id"
        )


def start(law: Law) -> Fold:
    """Return the fold of I7."""
    return IssuedIds(law)
