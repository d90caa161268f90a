"""What a fault is expected to show: a row of a table, and the columns it is about.

``must``: each of these invariants has to be violated. ``may``: these are allowed to be, as further
symptoms of the same defect. Any other violation is a false alarm, and where nothing must be raised the
whole column has to stay silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: The columns of the matrix: a name for what differs, and the worker model and server it is run under.
COLUMNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "pool": ("thread", "gthread"),
        "connection": ("thread", "werkzeug"),
        "greenlet": ("greenlet", "gevent"),
        "process": ("process", "sync"),
    }
)
EVERYWHERE = tuple(COLUMNS)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one fault shows in some columns."""

    fault: str  # the fault's id; "" for the target without any
    columns: tuple[str, ...]
    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    why: str = ""
    #: Lower-case names of those scenarios one of which the fault needs to show; () where any of the mix does.
    scenarios: tuple[str, ...] = ()


def these(*invariants: str) -> frozenset[str]:
    """Return a set of invariants, to be read in a table."""
    return frozenset(invariants)
