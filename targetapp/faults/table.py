"""The table of faults: each a real, public kind of bug, recreated behind a switch."""

from __future__ import annotations

from . import (
    backends,
    endings,
    holders,
    inherited,
    locality,
    popped,
    responses,
    retention,
    servers,
    sessions,
    workers,
    wrapping,
)
from .fault import Fault

_MODULES = (
    locality,
    holders,
    inherited,
    endings,
    popped,
    wrapping,
    retention,
    sessions,
    responses,
    backends,
    servers,
    workers,
)


def _class_number(fault: Fault) -> int:
    return int(fault.fault_class.removeprefix("FC"))


#: By id, in the order of their classes.
FAULTS: dict[str, Fault] = {
    fault.id: fault
    for fault in sorted((row for module in _MODULES for row in module.FAULTS), key=_class_number)
}
