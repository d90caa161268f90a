"""I0: nothing is current when a request reaches the target, nor when it has left it.

The outermost wrapper looks at ENTER, before the app is called, and at EXIT, after the body was
closed. A request, session, g or app that is current there was left behind on the worker.
"""

from __future__ import annotations

from functools import partial

from harness.history.canary import ABSENT, UNMARKED, name_canary
from harness.history.event import Event
from harness.history.facts import ColumnFacts
from harness.history.layout import App, Kind, Side
from harness.verdict import Result, Violation

from .checkpoints import code_of, table_of
from .fold import Fold, Law, Looked, conclude
from .sentences import capital
from .tally import Tally
from .view import View

_LOOKED_AT = table_of((code_of(Kind.ENTER), code_of(Kind.EXIT)))
#: Kind -> anomaly, and when it showed.
_ANOMALIES = {
    Kind.ENTER: ("left-behind", "when {op} reached the target"),
    Kind.EXIT: ("not-cleared", "after {op} had left the target"),
}
#: Column -> what was still current, the most telling first.
_STILL = {"request": "the request of {owner}", "g": "g of {owner}", "session": "{owner}"}


class CleanStart:
    """Looks at every ENTER and EXIT record, also at those of requests that are none of ours."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._tally = Tally()
        self._looked = 0

    def feed(self, view: View) -> None:
        """Take in a batch."""
        if view.side is not Side.SERVER:
            return
        edges = _LOOKED_AT[view.code]
        self._looked += int(edges.sum())
        current = (view.request | view.g | view.session) != ABSENT
        dirty = edges & (current | (view.app != App.NONE))
        if not dirty.any():
            return
        for kind, (anomaly, _) in _ANOMALIES.items():
            build = partial(_violation, self._law.id, anomaly, view)
            self._tally.rows(view, dirty & (view.kind == kind), anomaly, build)

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge."""
        return conclude(self._law, facts, Looked(server=self._looked), self._tally.close(facts))


def _violation(invariant: str, anomaly: str, view: View, row: int) -> Violation:
    event = view.event(row)
    operation = event["op"]
    still, canary = _still_current(event)
    owner = view.owner_besides(operation, canary, row)
    when = _ANOMALIES[Kind(event["kind"])][1].format(op=name_canary(operation))
    operations = [operation] if owner is None else [operation, owner["op"]]
    return Violation(
        invariant,
        anomaly,
        capital(f"{when}, {still} was still current."),
        (event,) if owner is None else (owner, event),
        tuple(op for op in operations if op not in (ABSENT, UNMARKED)),
        Kind(event["kind"]).name.lower(),
    )


def _still_current(event: Event) -> tuple[str, int]:
    """Return what was current in words, and the canary that names its owner."""
    for column, words in _STILL.items():
        if event[column]:
            return words.format(owner=name_canary(event[column])), event[column]
    return "an app context", ABSENT


def start(law: Law) -> Fold:
    """Return the fold of I0."""
    return CleanStart(law)
