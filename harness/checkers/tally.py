"""The violations one checker found: all are counted, the first few are kept.

"First" is by the number of the record in its journal, and by journal; at most one of an operation
and anomaly is kept, so that a single broken operation doesn't fill the list. Both choices are the
same however the history was cut into batches.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from harness.history.facts import ColumnFacts
from harness.verdict import Violation

from .checkpoints import Bools
from .view import View

#: Violations kept of each anomaly.
KEPT = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What a tally came to; ``withheld``: counted, but the journal has gaps that may explain it."""

    count: int = 0
    violations: tuple[Violation, ...] = ()
    withheld: int = 0
    kinds: tuple[tuple[str, int], ...] = ()  # how many of each anomaly


@dataclass(slots=True)
class _Kept:
    """One anomaly in one journal."""

    count: int = 0
    #: (number of the record, operation), smallest first.
    order: list[tuple[int, int]] = field(default_factory=list)
    by_operation: dict[int, tuple[int, Violation]] = field(default_factory=dict)

    def wants(self, number: int, operation: int) -> bool:
        """Whether a violation at *number* belongs to the first few."""
        held = self.by_operation.get(operation)
        if held is not None:
            return number < held[0]
        return len(self.order) < KEPT or number < self.order[-1][0]

    def put(self, number: int, operation: int, violation: Violation) -> None:
        """Keep a violation that is wanted, and drop the one that no longer is."""
        held = self.by_operation.pop(operation, None)
        if held is not None:
            self.order.remove((held[0], operation))
        insort(self.order, (number, operation))
        self.by_operation[operation] = (number, violation)
        if len(self.order) > KEPT:
            _, dropped = self.order.pop()
            del self.by_operation[dropped]


class Tally:
    """Collects violations.

    :param absences: the anomalies that are proved by a record that is missing. In a journal that
        lost records they prove nothing, so there they are withheld.
    """

    def __init__(self, absences: frozenset[str] = frozenset()) -> None:
        self._absences = absences
        self._kept: dict[tuple[str, str], _Kept] = {}

    def rows(self, view: View, flagged: Bools, anomaly: str, build: Callable[[int], Violation]) -> None:
        """Count the flagged rows of a view; *build* makes the violation of one row."""
        rows = np.flatnonzero(flagged)
        if not rows.size:
            return
        kept = self._kept.setdefault((anomaly, view.source), _Kept())
        kept.count += int(rows.size)
        _, firsts = np.unique(view.op[rows], return_index=True)
        for row in rows[np.sort(firsts)].tolist():
            number, operation = view.first + row, int(view.op[row])
            if kept.wants(number, operation):
                kept.put(number, operation, build(row))

    def add(
        self, source: str, number: int, operation: int, anomaly: str, build: Callable[[], Violation]
    ) -> None:
        """Count one violation that shows at record *number* of the journal *source*."""
        kept = self._kept.setdefault((anomaly, source), _Kept())
        kept.count += 1
        if kept.wants(number, operation):
            kept.put(number, operation, build())

    def close(self, facts: ColumnFacts) -> Found:
        """Return all that was found, less what a journal's own gaps may explain."""
        broken = {j.source for j in facts.journals if j.gaps or j.problem}
        withheld = 0
        counts: dict[str, int] = {}
        kept: dict[str, dict[tuple[str, int, int], Violation]] = {}
        for (anomaly, source), one in self._kept.items():
            if anomaly in self._absences and source in broken:
                withheld += one.count
                continue
            counts[anomaly] = counts.get(anomaly, 0) + one.count
            kept.setdefault(anomaly, {}).update(
                ((source, number, operation), violation)
                for operation, (number, violation) in one.by_operation.items()
            )
        violations = [first[at] for _, first in sorted(kept.items()) for at in sorted(first)[:KEPT]]
        return Found(sum(counts.values()), tuple(violations), withheld, tuple(sorted(counts.items())))
