"""B1: what one caller sent reaches no other caller; judged from the answers alone.

A caller is a client: whatever any of its own operations sent may come back to it. A canary of another
client's is a violation if that client sent it (what only looks like a canary was never sent), and not by a
way that was declared with ``--shared`` (:mod:`.sent`). What a caller of an earlier check sent, in the same
process, is no less another's: a cache may hold it still. What that check had declared was published then, and
stays so, as a board's entries do.
"""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np

from harness.blackbox.carrying import caller_of, owner_of
from harness.history.canary import name_canary, split_canary
from harness.history.event import Event
from harness.history.facts import ColumnFacts
from harness.history.layout import SEEN, Field, Kind, Side
from harness.verdict import Result, Violation

from .fold import Fold, Law, Looked, conclude
from .kept import Kept
from .sent import NO_ROUTE, callers_of, name_field, name_route, published_fields
from .sentences import capital, join_and
from .tally import Tally
from .view import U64, Rows, View

PLACES: dict[Field, tuple[str, str]] = {
    Field.SEEN_STATUS: ("foreign-in-status-line", "the status line of its answer"),
    Field.SEEN_HEADER: ("foreign-in-header", "a header of its answer"),
    Field.SEEN_COOKIE: ("foreign-in-cookie", "a cookie that its answer set"),
    Field.SEEN_BODY: ("foreign-in-body", "the body of its answer"),
}
_ROUTES_NAMED = 6


class ForeignAnswers:
    """Keeps every INVOKE, to know what was sent, and what came back of others."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._tally = Tally()
        self._sent, self._foreign = Kept(), Kept()
        self._answers = 0
        self._returned = 0
        self._routes = ""

    def feed(self, view: View) -> None:
        """Take in a batch; only the clients' matter."""
        if view.side is not Side.CLIENT:
            return
        self._answers += int((view.kind == Kind.OK).sum())
        self._sent.add(view, np.flatnonzero(view.kind == Kind.INVOKE))
        seen = view.observed & np.isin(view.point, SEEN)
        foreign = seen & (callers_of(view.value) != callers_of(view.op))
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
        order = np.argsort(sent["op"])
        owners, slots = _owners(np.ascontiguousarray(seen["value"]))
        at = np.minimum(np.searchsorted(sent["op"], owners, sorter=order), len(sent) - 1)
        rows = order[at]
        was_sent = sent["op"][rows] == owners
        published = published_fields(facts.routes, facts.shared)
        routes = np.minimum(sent["spare"][rows], len(facts.routes))
        shared = was_sent & published[routes, slots]
        unknown = np.flatnonzero(~was_sent & ~published[:, slots].any(axis=0))
        earlier = [
            int(index) for index in unknown if _is_earlier(int(owners[index]), int(slots[index]), facts)
        ]
        private = [int(index) for index in np.flatnonzero(was_sent & ~shared)]
        self._routes = _by_route(seen["spare"][[*private, *earlier]], facts)
        for index in private:
            self._add(index, self._sent.event(int(rows[index])), facts)
        for index in earlier:
            self._add(index, None, facts)
        return int(shared.sum())

    def _add(self, index: int, sent: Event | None, facts: ColumnFacts) -> None:
        event = self._foreign.event(index)
        anomaly, where = PLACES[Field(event["point"])]
        build = partial(self._violation, anomaly, where, sent, event, facts)
        self._tally.add(event.source, event.number, event["op"], anomaly, build)

    def _violation(
        self, anomaly: str, where: str, sent: Event | None, event: Event, facts: ColumnFacts
    ) -> Violation:
        owner, slot = owner_of(event["value"])
        number = NO_ROUTE if sent is None else sent["spare"]
        by = " of an earlier check" if sent is None else name_route(number, facts)
        sentence = (
            f"{name_canary(event['op'])}{name_route(event['spare'], facts)} got back in {where} what "
            f"{name_canary(owner)}{by} had sent in {name_field(number, slot, facts)}.{self._routes}"
        )
        witness = (event,) if sent is None else (sent, event)
        operations = (event["op"], owner)
        return Violation(self._law.id, anomaly, capital(sentence), witness, operations, "answer")


def _owners(values: U64) -> tuple[U64, Rows]:
    """Return the operations that sent these canaries, and the slots; :func:`owner_of` for many."""
    made = [owner_of(int(value)) for value in values]
    return np.array([owner for owner, _ in made], np.uint64), np.array([slot for _, slot in made])


def _by_route(numbers: Rows, facts: ColumnFacts) -> str:
    """Return a sentence of how often which routes did that, '' if it is only one: each wants mending."""
    counts = Counter(int(number) for number in numbers if number < len(facts.routes)).most_common()
    if len(counts) < 2:
        return ""
    named = [f"{facts.routes[number].label} {count:,}" for number, count in counts[:_ROUTES_NAMED]]
    more = len(counts) - _ROUTES_NAMED
    return f" By route: {join_and([*named, f'{more} more'] if more > 0 else named)}."


def _is_earlier(operation: int, slot: int, facts: ColumnFacts) -> bool:
    """Whether an earlier check sent it, and did not publish what is in that slot."""
    caller, number = caller_of(operation), split_canary(operation).number
    return any(
        caller == one.caller and number <= one.operations and not one.published >> slot & 1
        for one in facts.earlier
    )


def start(law: Law) -> Fold:
    """Return the fold of B1."""
    return ForeignAnswers(law)
