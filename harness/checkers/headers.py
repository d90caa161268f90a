"""I4: headers and cookies of a response are the operation's own; Vary names Cookie where it must."""

from __future__ import annotations

from harness.history.layout import Field

from .fields import FieldFold
from .fold import Fold, Law

FIELDS = (
    Field.RESPONSE_HEADER,
    Field.SET_COOKIE_COUNT,
    Field.VARY_COOKIE,
    Field.RESPONSE_COOKIE,
    Field.ALLOW,
)


def start(law: Law) -> Fold:
    """Return the fold of I4."""
    return FieldFold(law, FIELDS)
