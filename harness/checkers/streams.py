"""I5: every chunk of a stream carries the operation's canary, and the context lives until the last.

Inside, at each look that the body's generator takes before a chunk; outside, at the chunks.
"""

from __future__ import annotations

from harness.history.canary import ABSENT
from harness.history.layout import Field, Kind, Look

from .both_sides import BothSides, Flag
from .checkpoints import code_of
from .fold import Fold, Law
from .view import View

FIELDS = (Field.CHUNK, Field.CHUNK_COUNT)
_CHUNK = code_of(Kind.LOOK, Look.STREAM_CHUNK)


def look_inside(view: View, flag: Flag) -> int:
    """Look at request and g while a body is streamed."""
    looks = (view.code == _CHUNK) & view.known
    not_own = looks & ~view.own_request
    absent = view.request == ABSENT
    flag(view, not_own & ~absent, "foreign-request")
    flag(view, not_own & absent, "lost-request")
    flag(view, looks & (view.g != ABSENT) & (view.g != view.op), "foreign-g")
    return int(looks.sum())


def start(law: Law) -> Fold:
    """Return the fold of I5."""
    return BothSides(law, FIELDS, look_inside)
