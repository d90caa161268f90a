"""B1: what one caller sent reaches no other caller; judged from the answers alone.

A caller is a client: whatever any of its own operations sent may come back to it. A canary of another
client's is a violation if that client sent it (what only looks like a canary was never sent), and not by a
way that was declared with ``--shared`` (:mod:`.sent`).
"""

from __future__ import annotations

from functools import partial

import numpy as np

from harness.blackbox.carrying import owner_of
from harness.history.canary import name_canary
from harness.history.columns import Records
from harness.history.event import Event
from harness.history.facts import ColumnFacts
from harness.history.layout import Field, Kind, Side
from harness.verdict import Result, Violation

from .fold import Fold, Law, Looked, conclude
from .kept import Kept
from .sent import name_field, name_route, published_fields
from .sentences import capital
from .tally import Tally
from .view import U64, Rows, View

PLACES: dict[Field, tuple[str, str]] = {
    Field.SEEN_STATUS: ("foreign-in-status-line", "the status line of its answer"),
    Field.SEEN_HEADER: ("foreign-in-header", "a header of its answer"),
    Field.SEEN_COOKIE: ("foreign-in-cookie", "a cookie that its answer set"),
    Field.SEEN_BODY: ("foreign-in-body", "the body of its answer"),
}
_CALLER_SHIFT, _CALLER_MASK = np.uint64(32), np.uint64(0xFFFFFFF)


class ForeignAnswers:
    """Keeps every INVOKE, to know what was sent, and what came back of others."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._tally = Tally()
        self._sent, self._foreign = Kept(), Kept()
        self._answers = 0
        self._returned = 0

    def feed(self, view: View) -> None:
        """Take in a batch; only the clients' matter."""
        if view.side is not Side.CLIENT:
            return
        self._answers += int((view.kind == Kind.OK).sum())
        self._sent.add(view, np.flatnonzero(view.kind == Kind.INVOKE))
        seen = view.observed & np.isin(view.point, [int(point) for point in PLACES])
        foreign = seen & (_caller(view.value) != _caller(view.op))
        self._returned += int((seen & ~foreign).sum())
        self._foreign.add(view, np.flatnonzero(foreign))

    def finish(self, facts: ColumnFacts) -> Result:
        """Compare what came back with what was sent, and with what was declared."""
        declared = self._judge(facts)
        counts = {"answers": self._answers, "own_canaries_returned": self._returned}
        if facts.shared:
            counts["declared_as_shared"] = declared
        looked = Looked(client=self._answers)
        return conclude(self._law, facts, looked, self._tally.close(facts), counts=counts)

    def _judge(self, facts: ColumnFacts) -> int:
        sent, seen = self._sent.records(), self._foreign.records()
        if not len(sent) or not len(seen):
            return 0
        order = np.argsort(sent["op"], kind="stable")
        owners, slots = _owners(np.ascontiguousarray(seen["value"]))
        at = np.minimum(np.searchsorted(sent["op"], owners, sorter=order), len(sent) - 1)
        rows = order[at]
        was_sent = sent["op"][rows] == owners
        published = published_fields(facts.routes, facts.shared)
        routes = np.minimum(sent["spare"][rows], len(published) - 1).astype(np.intp)
        shared = was_sent & published[routes, slots]
        for index in np.flatnonzero(was_sent & ~shared):
            self._add(int(index), int(rows[index]), seen, facts)
        return int(shared.sum())

    def _add(self, index: int, sender: int, seen: Records, facts: ColumnFacts) -> None:
        event = self._foreign.event(index)
        anomaly, where = PLACES[Field(event["point"])]
        build = partial(self._violation, anomaly, where, sender, event, facts)
        self._tally.add(event.source, event.number, event["op"], anomaly, build)

    def _violation(
        self, anomaly: str, where: str, sender: int, event: Event, facts: ColumnFacts
    ) -> Violation:
        sent = self._sent.event(sender)
        owner, slot = owner_of(event["value"])
        sentence = (
            f"{name_canary(event['op'])}{name_route(event['spare'], facts)} got back in {where} what "
            f"{name_canary(owner)}{name_route(sent['spare'], facts)} had sent in "
            f"{name_field(sent['spare'], slot, facts)}."
        )
        operations = (event["op"], owner)
        return Violation(self._law.id, anomaly, capital(sentence), (sent, event), operations, "answer")


def _owners(values: U64) -> tuple[U64, Rows]:
    """Return the operations that sent these canaries, and the slots; :func:`owner_of` for many."""
    made = [owner_of(int(value)) for value in values]
    return np.array([owner for owner, _ in made], np.uint64), np.array([slot for _, slot in made], np.intp)


def _caller(canaries: U64) -> U64:
    return canaries >> _CALLER_SHIFT & _CALLER_MASK


def start(law: Law) -> Fold:
    """Return the fold of B1."""
    return ForeignAnswers(law)
