"""Whose an object is: the operation that was first seen with it.

A probe writes its canary into `g` and the session; an application of a user's does not. So whose a `g` or a
session is goes by the object itself: one that a second operation is handed is the first one's. Nothing is
held alive, nothing is written on the objects, and what is in them is not looked at.
"""

from __future__ import annotations

import weakref
from typing import Any

_Entry = tuple["_Reference", int]


class _Reference(weakref.ref[Any]):
    """A weak reference that knows which entry is its own: an object may have no hash."""

    __slots__ = ("key",)

    key: int


class Owners:
    """Remembers who was first seen with each object."""

    def __init__(self) -> None:
        known: dict[int, _Entry] = {}

        def forget(reference: weakref.ref[Any]) -> None:
            if isinstance(reference, _Reference):
                known.pop(reference.key, None)

        self._known = known
        self._forget = forget

    def first(self, thing: Any, operation: int) -> int:
        """Return the canary of the operation that first had *thing*: *operation*, if it is new here.

        What can't be referred to weakly is always new.
        """
        key = id(thing)
        entry = self._known.get(key)
        if entry is not None and entry[0]() is thing:
            return entry[1]
        try:
            reference = _Reference(thing, self._forget)
        except TypeError:
            return operation
        reference.key = key
        self._known[key] = reference, operation
        return operation
