"""I9: a client reads back what it wrote, whichever worker answers."""

from __future__ import annotations

from harness.history.layout import Field

from .fields import FieldFold
from .fold import Fold, Law

FIELDS = (Field.READ,)


def start(law: Law) -> Fold:
    """Return the fold of I9."""
    return FieldFold(law, FIELDS)
