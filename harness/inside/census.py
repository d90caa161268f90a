"""A census of what outlives its operation: request contexts, app contexts and Request objects.

Rules: it holds nothing alive (weak references that take themselves out of the books), it costs the
target something only where a context is pushed, and it counts when the process has stopped serving
in order: first as things are, then after the garbage collector has run.

Not counted is the last operation of each thread and greenlet that still exists: a server's frame may
hold what it handled last until the next request comes.
"""

from __future__ import annotations

import gc
import itertools
import weakref
from typing import Any, NamedTuple

from harness.history.canary import ABSENT, UNMARKED
from harness.history.layout import Freed, Holder, Remains
from harness.history.steps import Step

from .holders import find_holders
from .living import living_places
from .locality import Here, Locality

#: Most remains that are told of; a target that keeps everything would fill the disk with them.
TOLD_MAX = 3_000
#: Places after which those that are gone are forgotten.
PLACES_MAX = 4_096

_REQUEST_PUSH = Step.REQUEST_CONTEXT_PUSH.label
_NOBODY_S = (ABSENT, UNMARKED)
# Found once: what follows is paid by each operation.
_ref = weakref.ref
_APP_CONTEXT, _REQUEST_CONTEXT, _REQUEST = Remains.APP_CONTEXT, Remains.REQUEST_CONTEXT, Remains.REQUEST


class Remainder(NamedTuple):
    """An object that outlived its operation."""

    operation: int
    what: Remains
    freed: Freed
    holder: Holder = Holder.UNKNOWN  # of one that is never freed


class Count(NamedTuple):
    """What a census came to; ``looked``: how many objects it watched."""

    looked: int
    remains: tuple[Remainder, ...]


class Census:
    """Watches what is pushed in this process.

    :param cycles: whether what only the collector frees counts, or what it does not free alone.
    """

    def __init__(self, locality: Locality, *, cycles: bool = True) -> None:
        self._locality = locality
        self._cycles = cycles
        self.start_anew()

    def start_anew(self) -> None:
        """Forget everything: a forked process has nothing of its own yet."""
        #: Each takes itself out when its object dies; no Python code runs for that.
        self._watched: dict[weakref.ref[Any], tuple[int, Remains]] = {}
        self._requests = itertools.count()
        self._others = itertools.count()
        self._last: dict[bytes, int] = {}

    def pushed(self, here: Here, step: str, context: Any) -> None:
        """Watch a context whose count just went from 0 to 1, and its Request; never raises.

        About 2 us an operation.
        """
        number = here.number
        if number in _NOBODY_S:
            return
        watched = self._watched
        try:
            if step != _REQUEST_PUSH:
                watched[_ref(context, watched.pop)] = number, _APP_CONTEXT
                next(self._others)
                return
            watched[_ref(context, watched.pop)] = number, _REQUEST_CONTEXT
            watched[_ref(context.request, watched.pop)] = number, _REQUEST
            next(self._requests)
        except Exception:  # it can't be referred to weakly, has no hash, or no request
            return
        last = self._last
        last[here.where] = number
        if len(last) > PLACES_MAX:
            self._forget_places()

    def take(self) -> Count:
        """Count what is left of operations that are over; all of them have to be."""
        spared = set(self._spare())
        if not self._cycles:
            gc.collect()
        before = self._left(spared)
        gc.collect()
        kept = set(self._left(spared))
        holders = find_holders([one for one in self._watched if id(one) in kept]) if kept else {}
        remains = (
            Remainder(*about, Freed.NEVER, holders.get(thing, Holder.UNKNOWN))
            if thing in kept
            else Remainder(*about, Freed.BY_COLLECTOR)
            for thing, about in before.items()
        )
        looked = 2 * next(self._requests) + next(self._others)
        return Count(looked, tuple(itertools.islice(remains, TOLD_MAX)))

    def _left(self, spared: set[int]) -> dict[int, tuple[int, Remains]]:
        """Return what is still there of others than *spared*, by identity of its reference."""
        # Copied at once: what dies meanwhile takes itself out.
        watched = list(self._watched.items())
        return {id(reference): about for reference, about in watched if about[0] not in spared}

    def _spare(self) -> list[int]:
        places = living_places(self._locality, self._last)
        return [number for where, number in self._last.items() if where in places]

    def _forget_places(self) -> None:
        places = living_places(self._locality, self._last)
        self._last = {where: number for where, number in list(self._last.items()) if where in places}
