"""What a checker is: a law, and a fold over views of batches that ends in a Result.

The rule every checker keeps: *fed whole or in pieces, in any order of the journals, a history
gets the same verdict, the same violations and the same explanation.* So a fold carries over only
what it must, never looks at a clock or a file, and chooses what it keeps by the number of a
record, never by the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from harness.history.facts import ColumnFacts
from harness.history.layout import Side
from harness.verdict import Result, Verdict

from .tally import Found
from .view import View


@dataclass(frozen=True, slots=True)
class Law:
    """An invariant: its id, its title, and whose records it is judged by.

    ``always``: every history with operations in it holds something this law is about, so that
    finding nothing of it in the target's journals means that nobody recorded, not that all is well.

    ``in_order``: only a process that stopped serving in order records what this law is about. Where
    none did (killed, or still running), it reads "not looked at" and nothing is doubted for that.

    ``contexts``: of a user's own application it is judged only if its contexts were observed.
    """

    id: str
    title: str
    sides: tuple[Side, ...] = ()
    always: bool = False
    in_order: bool = False
    contexts: bool = False


class Fold(Protocol):
    """A checker at work on one column's history."""

    def feed(self, view: View) -> None:
        """Take in the next batch of its journal."""

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge what was fed; called once."""


@dataclass(frozen=True, slots=True)
class Looked:
    """How many records of either side a checker judged."""

    server: int = 0
    client: int = 0


def conclude(
    law: Law,
    facts: ColumnFacts,
    looked: Looked,
    found: Found,
    *,
    counts: Mapping[str, int] | None = None,
    doubts: Iterable[str] = (),
    cut_off: tuple[int, ...] = (),
) -> Result:
    """Return the Result of a law about records of the history.

    Invalid with a violation, unknown with a doubt. Without either it is valid if something was
    looked at; otherwise it reads "not looked at" (``looked`` False), which no merge counts.
    """
    reasons = list(doubts)
    seen = (facts.inside and looked.server) or looked.client
    if law.always and facts.inside and not looked.server:
        reasons.append(
            f"The target's journals hold nothing that {law.id} ({law.title}) is about: check that the "
            "target is observed, and that it served at least one operation."
        )
    if found.count:
        verdict = Verdict.INVALID
    else:
        verdict = Verdict.UNKNOWN if reasons else Verdict.VALID
    return Result(
        law.id,
        law.title,
        verdict,
        looked=bool(seen or found.count or reasons),
        count=found.count,
        violations=found.violations,
        kinds=dict(found.kinds),
        doubts=tuple(reasons),
        facts=_facts(law, facts, looked, found, counts or {}),
        cut_off=cut_off,
    )


def _facts(
    law: Law, facts: ColumnFacts, looked: Looked, found: Found, counts: Mapping[str, int]
) -> dict[str, int]:
    numbers: dict[str, int] = {}
    if Side.SERVER in law.sides and facts.inside:
        numbers["server_records"] = looked.server
    if Side.CLIENT in law.sides:
        numbers["client_records"] = looked.client
    numbers.update(counts)
    if found.withheld:
        numbers["withheld"] = found.withheld
    return numbers
