"""Whether what a request found in a variable, as it began and as it ended, was inherited: asked once more.

The rule: *a breach is told when nothing else is left.* What lies in a bounded cache keyed by its caller, as
for I13, was put there for that caller; what a registry in a module leads to is shared, not left behind. To
know that costs a walk through the process, so it is done only for a variable that was not told of yet, and
what is found to be everybody's is remembered.

A thing that a module leads to and that holds one caller's data may be either: that caller's own, left behind
by mistake, or something shared to which nobody else has come yet. That shows with more requests: once a thing
of the same type has held data of several callers, such things are shared.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .atoms import Atoms
from .caches import Limits, is_callers_cache
from .sharing import callers_in, find_shared, own_things

#: Walks through the process for one variable; what it would take more for is not told.
SEARCHES_MAX = 40
#: So often what a variable leads to may be one caller's only before it is taken for that caller's own.
DOUBTFUL_MAX = 64
_CONTAINERS = (dict, tuple)


@dataclass(slots=True)
class _Known:
    """What is known of one variable."""

    #: What may be a caller's own, or shared -> its type.
    doubtful: dict[int, int] = field(default_factory=dict)
    kinds: set[int] = field(default_factory=set)  # types of what held data of several callers
    looks: int = 0  # times that only such a thing was found
    searches: int = 0
    is_told: bool = False


class Inheriting:
    """Decides about variables (or attributes of thread-locals) that seem to pass on data.

    :param common: identities of what is everybody's; what is found to be is added.
    """

    def __init__(
        self, atoms: Atoms, limits: Callable[[], Limits], roots: Collection[object], common: set[int]
    ) -> None:
        self._atoms = atoms
        self._limits = limits
        self._roots = roots
        self._common = common
        self._known: dict[Hashable, _Known] = {}

    def of(self, slot: Hashable, value: Any, others: Collection[int]) -> int | None:
        """Return one of the canaries of *others* that *value* passes on; None if it passes on none."""
        known = self._known.setdefault(slot, _Known())
        found = self._first(value, others, ())
        if found is None or known.is_told:
            return found
        if (own := self._first(value, others, known.doubtful)) is not None:
            if known.searches >= SEARCHES_MAX:
                return None
            known.searches += 1
            self._search(value, known)
            own = self._first(value, others, known.doubtful)
        if own is None:
            self._look_again(value, known)
            shared = {number for number, kind in known.doubtful.items() if kind in known.kinds}
            own = self._first(value, others, shared)
            known.looks += own is not None
            if known.looks <= DOUBTFUL_MAX:
                return None
        known.is_told = own is not None
        return own

    def _search(self, value: Any, known: _Known) -> None:
        """Find what *value* leads to and everybody shares, or may share."""
        things = [each for each in self._own(value, ()) if _may_be_shared(each)]
        shared = find_shared(things, self._roots, self._atoms)
        self._common.update(shared.everybodys)
        known.doubtful.update(shared.doubtful)
        known.kinds.update(shared.kinds)

    def _look_again(self, value: Any, known: _Known) -> None:
        """Note which of what was doubtful holds data of several callers by now."""
        for thing in self._own(value, ()):
            if id(thing) in known.doubtful and len(callers_in(thing, self._atoms, self._common)) > 1:
                known.kinds.add(known.doubtful.pop(id(thing)))
                self._common.add(id(thing))

    def _first(self, value: Any, others: Collection[int], without: Collection[int]) -> int | None:
        """Return the first canary of *others* in what is *value*'s own."""
        found = self._atoms.among(list(self._own(value, without)))
        return next((one for one in found if one in others), None)

    def _own(self, value: Any, without: Collection[int]) -> Iterator[Any]:
        limits = self._limits()

        def is_left_out(thing: Any) -> bool:
            if id(thing) in self._common or id(thing) in without:
                return True
            return not self._atoms.are_entered(type(thing)) or is_callers_cache(thing, self._atoms, limits)

        return own_things(value, is_left_out)


def _may_be_shared(thing: Any) -> bool:
    """Whether a thing is more than a value: equal texts are one object, whoever made them."""
    return gc.is_tracked(thing) or issubclass(type(thing), _CONTAINERS)
