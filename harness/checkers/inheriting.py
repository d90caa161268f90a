"""I11: no request finds what another caller's left on its worker.

A worker outlives its requests, and so do its ContextVars and thread-locals. That one still holds a
caller's data when its request has ended is counted, and is no breach: many applications set a variable
at the start of every request and never reset it. It is one when a later request of another caller
*began and ended* with that data in it: then whatever it called could have read it, and nobody set it
anew. An app or request context that is current as a request starts, or on a pool's thread without work,
is one too.
"""

from __future__ import annotations

from harness.history.layout import Residue

from .fold import Fold, Law
from .residues import Breach, ResidueFold

BREACHES = {
    Residue.INHERITED: Breach(
        "inherited", "{op} began and ended with what {owner} had sent{field} and left behind in {name}."
    ),
    Residue.ACTIVE_AT_START: Breach(
        "active-at-start", "When {op} reached the application, {name} was still active."
    ),
    Residue.ACTIVE_WHEN_IDLE: Breach(
        "active-when-idle", "A thread of a pool had no work left, and {name} was still active."
    ),
}
COUNTED = {Residue.LEFT: "left_behind"}


def start(law: Law) -> Fold:
    """Return the fold of I11."""
    return ResidueFold(law, BREACHES, COUNTED, {"requests": "value"})
