"""I3: the session is the operation's own and complete, and an unknown session id is replaced.

Inside, where the request is the operation's own, its session is the one the operation was sent
with, or nothing (not opened yet, not logged in yet). Where the request is another's so is its
session, and that is I1's to tell. Outside: what came back of the session, its append log and its id.
"""

from __future__ import annotations

from harness.history.canary import ABSENT
from harness.history.layout import Field, Kind, Look
from harness.history.steps import Step

from .both_sides import BothSides, Flag
from .checkpoints import STEP_KINDS, code_of, table_of
from .fold import Fold, Law
from .view import View

FIELDS = (
    Field.SESSION,
    Field.SESSION_LOG_MISSING,
    Field.SESSION_LOG_FOREIGN,
    Field.SID_REPLACED,
    Field.JOB_SESSION,
)
#: Records whose ``value`` is the session the operation was sent with.
_INSIDE = table_of(
    [code_of(kind, step) for kind in STEP_KINDS for step in Step]
    + [code_of(Kind.LOOK, look) for look in Look]
)


def look_inside(view: View, flag: Flag) -> int:
    """Compare the session inside with the one the operation was sent with."""
    own = _INSIDE[view.code] & view.own_request & view.known
    other = own & (view.session != ABSENT) & (view.session != view.value)
    sent = view.value != ABSENT
    flag(view, other & sent, "foreign-session")
    flag(view, other & ~sent, "uninvited-session")
    return int(own.sum())


def start(law: Law) -> Fold:
    """Return the fold of I3."""
    return BothSides(law, FIELDS, look_inside)
