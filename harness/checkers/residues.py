"""What the laws about RESIDUE records share: a fold that reads rows of some points, one anomaly each.

A record names things by number; what the numbers stand for is known only at the end, from the names the
target's processes left. So an explanation is kept with a mark in it, and filled in when the law is judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from harness.history.canary import ABSENT, UNMARKED, name_canary
from harness.history.facts import ColumnFacts
from harness.history.layout import Kind, Residue, Side
from harness.verdict import Result, Violation

from .fold import Fold, Law, Looked, conclude
from .sentences import capital, plural
from .tally import Found, Tally
from .view import View

_MARK = re.compile("\x00([0-9a-f]{16})\x00")


@dataclass(frozen=True, slots=True)
class Breach:
    """What a record of one point proves: the anomaly, and the sentence.

    The sentence may name {op}, {owner}, {name}, {count} and {operations}, the count with its noun.
    """

    anomaly: str
    sentence: str


class ResidueFold(Fold):
    """Reads the records of some points.

    :param breaches: point -> what a record of it proves.
    :param counted: point -> a fact that counts its records; they prove nothing.
    :param summaries: fact -> the column of the summary that adds up to it.
    """

    def __init__(
        self,
        law: Law,
        breaches: Mapping[Residue, Breach],
        counted: Mapping[Residue, str],
        summaries: Mapping[str, str],
    ) -> None:
        self._law = law
        self._breaches = breaches
        self._counted = counted
        self._summaries = summaries
        self._tally = Tally()
        self._looked = 0
        self._facts = dict.fromkeys([*summaries, *counted.values()], 0)

    def feed(self, view: View) -> None:
        """Take in a batch; only the target's matters."""
        if view.side is not Side.SERVER:
            return
        mine = view.kind == Kind.RESIDUE
        if not mine.any():
            return
        summaries = mine & (view.point == Residue.SUMMARY)
        self._looked += int(summaries.sum())
        for fact, column in self._summaries.items():
            self._facts[fact] += int(view.column(column)[summaries].sum())
        for point, fact in self._counted.items():
            self._facts[fact] += int((mine & (view.point == point)).sum())
        for point, breach in self._breaches.items():
            flagged = mine & (view.point == point)
            self._looked += int(flagged.sum())
            self._tally.rows(view, flagged, breach.anomaly, partial(self._violation, breach, view))

    def _violation(self, breach: Breach, view: View, row: int) -> Violation:
        event = view.event(row)
        operation, owner = event["op"], event["request"]
        opened = [view.owner(canary, row) for canary in dict.fromkeys((owner, operation)) if canary]
        sentence = breach.sentence.format(
            op=name_canary(operation),
            owner=name_canary(owner),
            name=f"\x00{event['value']:016x}\x00",
            count=f"{event['activation']:,}",
            operations=plural(event["activation"], "operation"),
        )
        named = dict.fromkeys(canary for canary in (operation, owner) if canary not in (ABSENT, UNMARKED))
        return Violation(
            self._law.id,
            breach.anomaly,
            capital(sentence),
            (*(opening for opening in opened if opening is not None), event),
            tuple(named),
            Residue(event["point"]).name.lower(),
        )

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge, with the names filled in."""
        found = self._tally.close(facts)
        names = dict(facts.names)
        told = tuple(replace(one, explanation=_fill(one.explanation, names)) for one in found.violations)
        named = Found(found.count, told, found.withheld, found.kinds)
        return conclude(self._law, facts, Looked(server=self._looked), named, counts=self._facts)


def _fill(text: str, names: Mapping[int, str]) -> str:
    return _MARK.sub(lambda match: names.get(int(match[1], 16), f"something unnamed ({match[1]})"), text)
