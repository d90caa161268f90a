"""Putting a defect in the place of something right, and back.

Rule: a fault that changes more than the one app it was given goes through :func:`replace`, so that
:func:`deactivate` leaves the process as it was.
"""

from __future__ import annotations

from collections.abc import Callable

_undo: list[Callable[[], None]] = []


def replace(owner: object, name: str, new: object) -> None:
    """Set the attribute *name* of *owner*, until :func:`deactivate`."""
    old = getattr(owner, name)
    setattr(owner, name, new)
    _undo.append(lambda: setattr(owner, name, old))


def undo_with(undo: Callable[[], None]) -> None:
    """Have *undo* called by :func:`deactivate`."""
    _undo.append(undo)


def deactivate() -> None:
    """Take back what faults changed outside their app, the latest first."""
    while _undo:
        _undo.pop()()
