"""Thin wrappers that can be taken away again.

The rule this file guards: *what is put in place here is undone, unless somebody has put something over it.* A
test goes on with its application when the check is over.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

#: Given what was there, returns what is called in its stead.
Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


class Patches:
    """What was put in place, and how it is undone."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    def wrap(self, thing: Any, name: str, make: Wrap) -> bool:
        """Put what *make* returns in the place of an attribute; False if *thing* takes no attribute."""
        original = getattr(thing, name)
        own = name in vars(thing) if hasattr(thing, "__dict__") else False
        wrapper = make(original)
        with suppress(AttributeError):  # a callable object has no name
            wrapper = functools.wraps(original)(wrapper)
        try:
            setattr(thing, name, wrapper)
        except (AttributeError, TypeError):
            return False

        def undo() -> None:
            if vars(thing).get(name) is not wrapper:
                return
            if own:
                setattr(thing, name, original)
            else:
                delattr(thing, name)

        self._undo.append(undo)
        return True

    def insert(self, functions: list[Any], at: int, function: Any) -> None:
        """Insert a function of ours into a list of the application's."""
        functions.insert(at, function)

        def undo() -> None:
            if function in functions:
                functions.remove(function)

        self._undo.append(undo)

    def on_undo(self, undo: Callable[[], object]) -> None:
        """Call *undo* as well when all is taken away."""
        self._undo.append(undo)

    def undo(self) -> None:
        """Take everything away, the last first."""
        while self._undo:
            self._undo.pop()()
