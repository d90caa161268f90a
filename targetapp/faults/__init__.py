"""Seeded defects of the target: a table of them, and the switch."""

from __future__ import annotations

from collections.abc import Iterable

from targetapp.framework import App

from .fault import Fault
from .switching import deactivate
from .table import FAULTS

__all__ = ["FAULTS", "Fault", "UnknownFaultError", "activate", "deactivate", "find_faults"]


class UnknownFaultError(LookupError):
    """A fault was named that the table does not have; the message lists those it has."""


def find_faults(ids: Iterable[str]) -> tuple[Fault, ...]:
    """Return the faults of these ids, in the table's order.

    :raises UnknownFaultError: for an id that is none.
    """
    wanted = set(ids)
    unknown = sorted(wanted - set(FAULTS))
    if unknown:
        raise UnknownFaultError(f"unknown fault {', '.join(unknown)}; known: {', '.join(FAULTS)}")
    return tuple(fault for fault in FAULTS.values() if fault.id in wanted)


def activate(app: App, faults: Iterable[Fault | str]) -> None:
    """Switch faults on in *app*, before its first request; some change the whole process.

    :raises UnknownFaultError: for an id that is none; then nothing was switched on.
    """
    named = [fault if isinstance(fault, str) else fault.id for fault in faults]
    for fault in find_faults(named):
        fault.apply(app)
