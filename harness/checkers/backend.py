"""G: the reply that a backend gives to an operation is the reply to that operation's query.

Replies carry no address: on a connection whose earlier reply was not read, everybody gets the reply to
the one before. The witness is two operations: the one that got the reply, and the one it belongs to.
"""

from __future__ import annotations

from harness.history.layout import Field

from .fields import FieldFold
from .fold import Fold, Law

FIELDS = (Field.BACKEND_REPLY,)


def start(law: Law) -> Fold:
    """Return the fold of G."""
    return FieldFold(law, FIELDS)
