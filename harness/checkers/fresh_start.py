"""I2: g is empty when an app context starts.

Inside, at each push of an app context (its count went from 0 to 1), nested ones included; outside,
at what the view found in g before it wrote to it, and a job in the g of its copied context.
"""

from __future__ import annotations

from harness.history.canary import ABSENT
from harness.history.layout import Field, Kind
from harness.history.steps import Step

from .both_sides import BothSides, Flag
from .checkpoints import code_of
from .fold import Fold, Law
from .view import View

FIELDS = (Field.G_FRESH, Field.JOB_G)
_PUSH = code_of(Kind.PUSH, Step.APP_CONTEXT_PUSH)


def look_inside(view: View, flag: Flag) -> int:
    """Look at g at the push of every app context."""
    pushes = (view.code == _PUSH) & view.known
    flag(view, pushes & (view.g != ABSENT), "stale-g")
    return int(pushes.sum())


def start(law: Law) -> Fold:
    """Return the fold of I2."""
    return BothSides(law, FIELDS, look_inside)
