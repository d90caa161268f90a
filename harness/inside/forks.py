"""What starts anew in a forked process, for as long as it lives.

The rule: *to be told of forks keeps nothing alive.* ``os.register_at_fork`` can't be undone: what it is given
stays to the end of the process, and an application with it that one check of a test run looked at.
"""

from __future__ import annotations

import itertools
import os
import weakref
from functools import cache
from typing import Protocol


class Forked(Protocol):
    """Something that a forked process must not share with its parent."""

    def start_anew(self) -> None:
        """Forget what is the parent's; called in the forked process, before anything else of it runs."""


#: In the order in which they came.
_told: weakref.WeakValueDictionary[int, Forked] = weakref.WeakValueDictionary()
_numbers = itertools.count()


def tell_of_forks(one: Forked) -> None:
    """Let *one* start anew in each process that is forked while it lives."""
    _told[next(_numbers)] = one
    _watch_forks()


@cache
def _watch_forks() -> None:
    os.register_at_fork(after_in_child=_start_all_anew)


def _start_all_anew() -> None:
    for _, one in sorted(_told.items()):
        one.start_anew()
