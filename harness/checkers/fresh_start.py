"""I2: g is empty when an app context starts.

Inside, at each push of an app context (its count went from 0 to 1), nested ones included; outside,
at what the view found in g before it wrote to it.
"""

from __future__ import annotations

from harness.history.canary import ABSENT
from harness.history.facts import ColumnFacts
from harness.history.layout import Field, Kind, Side
from harness.history.steps import Step
from harness.verdict import Result

from .checkpoints import code_of
from .fields import FieldFold
from .fold import Fold, Law, Looked, conclude
from .sightings import flag
from .view import View

FIELDS = (Field.G_FRESH,)
_PUSH = code_of(Kind.PUSH, Step.APP_CONTEXT_PUSH)


class FreshStart:
    """Looks at g at the push of every app context."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._client = FieldFold(law, FIELDS)
        self._looked = 0

    def feed(self, view: View) -> None:
        """Take in a batch of either side."""
        if view.side is Side.CLIENT:
            self._client.feed(view)
            return
        pushes = (view.code == _PUSH) & view.known
        self._looked += int(pushes.sum())
        flag(self._client.tally, self._law.id, view, pushes & (view.g != ABSENT), "stale-g")

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge by both sides."""
        looked = Looked(self._looked, self._client.looked)
        return conclude(self._law, facts, looked, self._client.tally.close(facts))


def start(law: Law) -> Fold:
    """Return the fold of I2."""
    return FreshStart(law)
