"""A law that the client's observations and single records of the target's are judged by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from harness.history.facts import ColumnFacts
from harness.history.layout import Field, Side
from harness.verdict import Result

from .checkpoints import Bools
from .fields import FieldFold
from .fold import Law, Looked, conclude
from .sightings import flag
from .view import View

#: Flags the rows of a view that show an anomaly, by its name.
Flag: TypeAlias = Callable[[View, Bools, str], None]
#: Flags what is wrong in a batch of the target's records; returns how many rows it looked at.
LookInside: TypeAlias = Callable[[View, Flag], int]


class BothSides:
    """Folds both sides of a law together.

    :param fields: what the client observes that the law is about.
    """

    def __init__(self, law: Law, fields: Iterable[Field], look_inside: LookInside) -> None:
        self._law = law
        self._client = FieldFold(law, fields)
        self._look_inside = look_inside
        self._looked = 0

    def feed(self, view: View) -> None:
        """Take in a batch of either side."""
        if view.side is Side.CLIENT:
            self._client.feed(view)
        else:
            self._looked += self._look_inside(view, self._flag)

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge by both sides."""
        looked = Looked(self._looked, self._client.looked)
        return conclude(self._law, facts, looked, self._client.tally.close(facts))

    def _flag(self, view: View, flagged: Bools, anomaly: str) -> None:
        flag(self._client.tally, self._law.id, view, flagged, anomaly)
