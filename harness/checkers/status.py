"""I8: each operation gets exactly one response, with a legal status and a body that parses.

The legal statuses are a table, ``scenarios.LEGAL``: an expected error is a success. Operations
whose outcome is unknown (INFO) break no law.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from harness.history.canary import name_canary
from harness.history.facts import ColumnFacts
from harness.history.layout import Field, Kind, Side
from harness.history.scenarios import LEGAL
from harness.verdict import Result, Violation

from .fields import FieldFold
from .fold import Fold, Law, Looked, conclude
from .sentences import capital
from .view import View

FIELDS = (Field.BODY_PARSED, Field.RESPONSE_COUNT)

#: Statuses above this are no HTTP; they are looked up as this one, which no scenario allows.
_STATUS_MAX = 999
_SHAPE = (256, _STATUS_MAX + 1)  # scenarios, statuses


def _legal_statuses() -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    table = np.zeros(_SHAPE, np.bool_)
    for scenario, legal in LEGAL.items():
        table[scenario, list(legal.statuses)] = True
    return table


_LEGAL = _legal_statuses()


class Status:
    """Compares the status of every complete response with those its scenario allows."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._client = FieldFold(law, FIELDS)
        self._looked = 0

    def feed(self, view: View) -> None:
        """Take in a batch; only the client's matters."""
        if view.side is not Side.CLIENT:
            return
        self._client.feed(view)
        answered = view.kind == Kind.OK
        self._looked += int(answered.sum())
        status = np.minimum(view.value, _STATUS_MAX).astype(np.intp)
        illegal = answered & ~_LEGAL[view.column("scenario"), status]
        self._client.tally.rows(view, illegal, "illegal-status", partial(self._violation, view))

    def _violation(self, view: View, row: int) -> Violation:
        event = view.event(row)
        operation = event["op"]
        scenario = next((s for s in LEGAL if s == event["scenario"]), None)
        if scenario is None:
            due = f"scenario {event['scenario']} is unknown"
        else:
            statuses = " or ".join(str(status) for status in LEGAL[scenario].statuses)
            due = f"{scenario.name.lower()} allows {statuses}"
        sentence = capital(f"{name_canary(operation)} was answered with status {event['value']}; {due}.")
        return Violation(self._law.id, "illegal-status", sentence, (event,), (operation,), "status")

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge by the client's records alone."""
        looked = Looked(client=self._looked + self._client.looked)
        return conclude(self._law, facts, looked, self._client.tally.close(facts))


def start(law: Law) -> Fold:
    """Return the fold of I8."""
    return Status(law)
