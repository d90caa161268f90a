"""What the laws about RESIDUE records share: a fold that reads rows of some points, one anomaly each.

A record names things by number; what the numbers stand for is known only at the end, from the names the
target's processes left. Neither is it known before by which route an operation was sent, nor what was
declared as published on purpose. So records that prove something (few) are kept, and judged when the law is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from harness.blackbox.carrying import owner_of
from harness.history.canary import ABSENT, UNMARKED, name_canary
from harness.history.event import Event
from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import Kind, Residue, Side
from harness.verdict import Result, Violation

from .fold import Fold, Law, Looked, conclude
from .sent import SentRoutes, name_field, name_route, published_fields
from .sentences import capital, join_and, plural
from .tally import Tally
from .view import View


@dataclass(frozen=True, slots=True)
class Breach:
    """What a record of one point proves: the anomaly, and the sentence.

    The sentence may name {op}, {owner}, {field} (that the owner's data was sent in), {name}, {count} and
    {operations}, the count with its noun.
    """

    anomaly: str
    sentence: str


class _Row(NamedTuple):
    """A record that proves something, and those that opened the operations it names."""

    event: Event
    opened: tuple[Event, ...]

    @property
    def canary(self) -> int:
        """What was found: a field's canary, or the operation's own."""
        return self.event["session"] or self.event["request"]


class ResidueFold(Fold):
    """Reads the records of some points.

    :param breaches: point -> what a record of it proves.
    :param counted: point -> a fact that counts its records; they prove nothing.
    :param summaries: fact -> the column of the summary that adds up to it.
    :param looks_back: a process that wrote no summary is one that the law can't speak for.
    """

    def __init__(
        self,
        law: Law,
        breaches: Mapping[Residue, Breach],
        counted: Mapping[Residue, str],
        summaries: Mapping[str, str],
        *,
        looks_back: bool = False,
    ) -> None:
        self._law = law
        self._breaches = breaches
        self._counted = counted
        self._summaries = summaries
        self._rows: list[_Row] = []
        self._sent = SentRoutes()
        self._looked = 0
        self._looks_back = looks_back
        self._summarised: set[str] = set()
        self._facts = dict.fromkeys([*summaries, *counted.values()], 0)

    def feed(self, view: View) -> None:
        """Take in a batch."""
        if view.side is not Side.SERVER:
            self._sent.feed(view)
            return
        mine = view.kind == Kind.RESIDUE
        if not mine.any():
            return
        summaries = mine & (view.point == Residue.SUMMARY)
        if summaries.any():
            self._summarised.add(view.source)
        for fact, column in self._summaries.items():
            self._facts[fact] += int(view.column(column)[summaries].sum())
        for point, fact in self._counted.items():
            self._facts[fact] += int((mine & (view.point == point)).sum())
        flagged = mine & np.isin(view.point, [int(point) for point in self._breaches])
        self._looked += int(summaries.sum()) + int(flagged.sum())
        self._rows += (_row(view, int(at)) for at in np.flatnonzero(flagged))

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge, with the names filled in."""
        tally, counts = Tally(), dict(self._facts)
        routes = self._sent.routes_of([row.event["request"] for row in self._rows])
        published = published_fields(facts.routes, facts.shared)
        private, declared = [], 0
        for row in self._rows:
            if published[min(routes[row.event["request"]], len(facts.routes)), _slot(row)]:
                declared += 1
            else:
                private.append(row)
        for row in _one_of_each(private):
            event = row.event
            breach = self._breaches[Residue(event["point"])]
            build = partial(self._violation, breach, row, routes, facts)
            tally.add(event.source, event.number, event["op"], breach.anomaly, build)
        if facts.shared:
            counts["declared_as_shared"] = declared
        looked, doubts = Looked(server=self._looked), self._doubts(facts)
        return conclude(self._law, facts, looked, tally.close(facts), counts=counts, doubts=doubts)

    def _doubts(self, facts: ColumnFacts) -> Iterator[str]:
        """Yield what is to be said of processes that ended in order and did not look back."""
        if not self._looks_back or not facts.app or not facts.inside:
            return
        served = [one for one in facts.journals if one.side is Side.SERVER and one.committed]
        blind = [one for one in served if one.closed and one.source not in self._summarised]
        if blind:
            yield (
                f"What requests left was not looked for in {_processes(blind)}: the target's log says why."
            )
        elif served and not self._summarised:
            yield "Every process was killed before it was searched for what requests left: stop it in order."

    def _violation(
        self, breach: Breach, row: _Row, routes: Mapping[int, int], facts: ColumnFacts
    ) -> Violation:
        event = row.event
        operation, owner = event["op"], event["request"]
        number = event["value"]
        route = routes[owner]
        slot = _slot(row)
        sentence = breach.sentence.format(
            op=name_canary(operation),
            owner=f"{name_canary(owner)}{name_route(route, facts) if slot else ''}",
            field=f" in {name_field(route, slot, facts)}" if slot else "",
            name=dict(facts.names).get(number, f"something unnamed ({number:016x})"),
            count=f"{event['activation']:,}",
            operations=plural(event["activation"], "operation"),
        )
        named = dict.fromkeys(canary for canary in (operation, owner) if canary not in (ABSENT, UNMARKED))
        return Violation(
            self._law.id,
            breach.anomaly,
            capital(sentence),
            (*row.opened, event),
            tuple(named),
            Residue(event["point"]).name.lower(),
        )


def _processes(journals: Sequence[JournalFacts]) -> str:
    return (
        f"{'process' if len(journals) == 1 else 'processes'} {join_and([str(one.pid) for one in journals])}"
    )


def _one_of_each(rows: Iterable[_Row]) -> Iterator[_Row]:
    """Yield one row for what one thing holds of one operation, that of a field; and whatever is not held."""
    best: dict[tuple[str, int, int], _Row] = {}
    for row in rows:
        event = row.event
        if event["point"] != Residue.KEPT:
            yield row
            continue
        of = (event.source, event["op"], event["value"])
        if of not in best or _slot(row) > _slot(best[of]):
            best[of] = row
    yield from best.values()


def _row(view: View, at: int) -> _Row:
    event = view.event(at)
    canaries = dict.fromkeys((event["request"], event["op"]))
    opened = [view.owner(canary, at) for canary in canaries if canary]
    return _Row(event, tuple(opening for opening in opened if opening is not None))


def _slot(row: _Row) -> int:
    return owner_of(row.canary)[1]
