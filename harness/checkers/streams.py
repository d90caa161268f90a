"""I5: every chunk of a stream carries the operation's canary, and the context lives until the last.

Inside, at each look that the body's generator takes before a chunk; outside, at the chunks.
"""

from __future__ import annotations

from harness.history.canary import ABSENT
from harness.history.facts import ColumnFacts
from harness.history.layout import Field, Kind, Look, Side
from harness.verdict import Result

from .checkpoints import code_of
from .fields import FieldFold
from .fold import Fold, Law, Looked, conclude
from .sightings import flag
from .view import View

FIELDS = (Field.CHUNK, Field.CHUNK_COUNT)
_CHUNK = code_of(Kind.LOOK, Look.STREAM_CHUNK)


class Streams:
    """Looks at request and g while a body is streamed."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._client = FieldFold(law, FIELDS)
        self._looked = 0

    def feed(self, view: View) -> None:
        """Take in a batch of either side."""
        if view.side is Side.CLIENT:
            self._client.feed(view)
            return
        looks = (view.code == _CHUNK) & view.known
        self._looked += int(looks.sum())
        not_own = looks & ~view.own_request
        absent = view.request == ABSENT
        for flagged, anomaly in (
            (not_own & ~absent, "foreign-request"),
            (not_own & absent, "lost-request"),
            (looks & (view.g != ABSENT) & (view.g != view.op), "foreign-g"),
        ):
            flag(self._client.tally, self._law.id, view, flagged, anomaly)

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge by both sides."""
        looked = Looked(self._looked, self._client.looked)
        return conclude(self._law, facts, looked, self._client.tally.close(facts))


def start(law: Law) -> Fold:
    """Return the fold of I5."""
    return Streams(law)
