"""I12: every body that is returned is closed exactly once, also when the client leaves (PEP 3333).

The outermost wrapper closes what the application returned once, however often it is closed itself; so a
breach here is the server's, or of whatever else stands between it and the wrapper.
"""

from __future__ import annotations

from harness.history.layout import Residue

from .fold import Fold, Law
from .residues import Breach, ResidueFold

BREACHES = {
    Residue.CLOSED_AGAIN: Breach("closed-again", "The body of {op} was closed a second time."),
    Residue.NEVER_CLOSED: Breach("never-closed", "The body of {op} was dropped and never closed."),
}


def start(law: Law) -> Fold:
    """Return the fold of I12."""
    return ResidueFold(law, BREACHES, {}, {"requests": "value"})
