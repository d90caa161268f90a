"""I3: the session is the operation's own and complete, and an unknown session id is replaced.

Inside, where the request is the operation's own, its session is the one the operation was sent
with, or nothing (not opened yet, not logged in yet). Where the request is another's so is its
session, and that is I1's to tell. Outside: what came back of the session, its append log and its id.
"""

from __future__ import annotations

from harness.history.canary import ABSENT
from harness.history.facts import ColumnFacts
from harness.history.layout import Field, Kind, Look, Side
from harness.history.steps import Step
from harness.verdict import Result

from .checkpoints import STEP_KINDS, code_of, table_of
from .fields import FieldFold
from .fold import Fold, Law, Looked, conclude
from .sightings import flag
from .view import View

FIELDS = (
    Field.SESSION,
    Field.SESSION_LOG_MISSING,
    Field.SESSION_LOG_FOREIGN,
    Field.SID_REPLACED,
)
#: Records whose ``value`` is the session the operation was sent with.
_INSIDE = table_of(
    [code_of(kind, step) for kind in STEP_KINDS for step in Step]
    + [code_of(Kind.LOOK, look) for look in Look]
)


class OwnSession:
    """Compares the session inside with the one the operation was sent with."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._client = FieldFold(law, FIELDS)
        self._looked = 0

    def feed(self, view: View) -> None:
        """Take in a batch of either side."""
        if view.side is Side.CLIENT:
            self._client.feed(view)
            return
        own = _INSIDE[view.code] & view.own_request & view.known
        self._looked += int(own.sum())
        other = own & (view.session != ABSENT) & (view.session != view.value)
        if not other.any():
            return
        sent = view.value != ABSENT
        flag(self._client.tally, self._law.id, view, other & sent, "foreign-session")
        flag(self._client.tally, self._law.id, view, other & ~sent, "uninvited-session")

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge by both sides."""
        looked = Looked(self._looked, self._client.looked)
        return conclude(self._law, facts, looked, self._client.tally.close(facts))


def start(law: Law) -> Fold:
    """Return the fold of I3."""
    return OwnSession(law)
