"""I4: headers and cookies of a response are the operation's own; Vary names Cookie where it must.

So a shared cache gives nobody another caller's page, and a static file is the same for all: no session
cookie, and no Vary that names one.
"""

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
    Field.SHARED_PAGE,
    Field.STATIC_BYTES,
    Field.STATIC_VARY,
)


def start(law: Law) -> Fold:
    """Return the fold of I4."""
    return FieldFold(law, FIELDS)
