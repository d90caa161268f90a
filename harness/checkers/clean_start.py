"""I0: nothing is current when a request or a job of a pool starts, nor when it has ended.

The outermost wrapper looks at ENTER, before the app is called, and at EXIT, after the body was
closed: that covers the server's own threads. A job on a thread of the app's own pool looks before it
is given a context, and after that was popped; it tells the client too. A request, session, g or app
that is current there was left behind on the worker.
"""

from __future__ import annotations

from functools import partial

from harness.history.canary import ABSENT, UNMARKED, name_canary
from harness.history.event import Event
from harness.history.facts import ColumnFacts
from harness.history.layout import App, Field, Kind, Look, Side
from harness.verdict import Result, Violation

from .checkpoints import code_of, label, table_of
from .fields import FieldFold
from .fold import Fold, Law, Looked, conclude
from .sentences import capital
from .view import View

FIELDS = (Field.JOB_FOUND, Field.JOB_LEFT)
#: Checkpoint -> anomaly, and when it showed.
_ANOMALIES = {
    code_of(Kind.ENTER): ("left-behind", "when {op} reached the target"),
    code_of(Kind.EXIT): ("not-cleared", "after {op} had left the target"),
    code_of(Kind.LOOK, Look.JOB_START): ("left-behind", "when a job of {op} started on a pool's thread"),
    code_of(Kind.LOOK, Look.JOB_END): ("not-cleared", "after a job of {op} had ended on a pool's thread"),
}
_LOOKED_AT = table_of(_ANOMALIES)
#: Column -> what was still current, the most telling first.
_STILL = {"request": "the request of {owner}", "g": "g of {owner}", "session": "{owner}"}


class CleanStart:
    """Looks at every such record, also at those of requests that are none of ours."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._client = FieldFold(law, FIELDS)
        self._looked = 0

    def feed(self, view: View) -> None:
        """Take in a batch."""
        if view.side is Side.CLIENT:
            self._client.feed(view)
            return
        edges = _LOOKED_AT[view.code]
        self._looked += int(edges.sum())
        current = (view.request | view.g | view.session) != ABSENT
        dirty = edges & (current | (view.app != App.NONE))
        if not dirty.any():
            return
        for code, (anomaly, _) in _ANOMALIES.items():
            build = partial(_violation, self._law.id, anomaly, view)
            self._client.tally.rows(view, dirty & (view.code == code), anomaly, build)

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge."""
        looked = Looked(self._looked, self._client.looked)
        return conclude(self._law, facts, looked, self._client.tally.close(facts))


def _violation(invariant: str, anomaly: str, view: View, row: int) -> Violation:
    event = view.event(row)
    operation = event["op"]
    still, canary = _still_current(event)
    owner = view.owner_besides(operation, canary, row)
    when = _ANOMALIES[code_of(event["kind"], event["point"])][1].format(op=name_canary(operation))
    operations = [operation] if owner is None else [operation, owner["op"]]
    return Violation(
        invariant,
        anomaly,
        capital(f"{when}, {still} was still current."),
        (event,) if owner is None else (owner, event),
        tuple(op for op in operations if op not in (ABSENT, UNMARKED)),
        label(event["kind"], event["point"]),
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
