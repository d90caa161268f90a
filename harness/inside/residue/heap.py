"""What is still in the heap of finished operations, once all is quiet.

1. What ``gc.freeze`` hid is shown again (a leak into a container made before a fork would be missed
   otherwise), and the collector runs; then it rests until the end, since it stops tracking a tuple of atoms
   when it meets one, and what was a holder then could not be placed any more.
2. Every tracked object's atoms are looked at, a chunk at a time, and the locals of running frames besides:
   the collector sees no frame that runs. A chunk without canaries costs nothing more.
3. For what holds some, routes are found from the modules and the application (``routes``), and each route is
   judged: a bounded cache whose entries are each one caller's is none (``caches``).

What no module, no application and no frame leads to is not told: it is the harness's own, or held by C code.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NamedTuple

from harness.blackbox.carrying import owner_of

from .atoms import Atoms
from .caches import Limits, is_callers_cache
from .canaries import Finished
from .routes import FRAME, Route, find_routes, is_ours, name_frame, namespace_of, runs_ours

#: Objects looked at together.
_CHUNK = 512
#: Holders that are placed; of a target that keeps everything the first will do.
HOLDERS_MAX = 20_000
#: Holders on one route that are looked into: a target that stops has seconds for it.
DETAILED_MAX = 100
#: No other thread runs meanwhile: one that is making a tuple must hold the only reference to it, or it gets a
#: SystemError; and to be looked at is to be referred to.
_UNDISTURBED_S = 60.0


class Holder(NamedTuple):
    """An object that refers to canaries."""

    thing: Any
    canaries: list[int]


@dataclass(slots=True)
class Kept:
    """What one route leads to."""

    name: str
    cached: bool = False
    canaries: set[int] = field(default_factory=set)

    @property
    def operations(self) -> set[int]:
        """The operations whose canaries those are."""
        return {owner_of(canary)[0] for canary in self.canaries}


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to; ``unplaced``: holders that nothing we know of leads to."""

    objects: int
    kept: tuple[Kept, ...] = ()
    unplaced: int = 0


def search_heap(
    finished: Finished,
    *,
    roots: Mapping[str, object] | None = None,
    spared: Collection[int] = (),
    limits: Limits,
) -> Found:
    """Search the heap of this process.

    :param roots: what else may lead to something, by name: the application.
    :param spared: operations that a running frame may hold: the last of each thread that exists.
    :param limits: the most entries of a cache that is no breach.
    """
    before, collects = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(_UNDISTURBED_S)
    gc.unfreeze()
    gc.collect()
    gc.disable()
    try:
        time.sleep(0)  # whoever waits for the interpreter now does so with the old interval
        return _search(finished, roots or {}, spared, limits)
    finally:
        sys.setswitchinterval(before)
        if collects:
            gc.enable()


def _search(
    finished: Finished, roots: Mapping[str, object], spared: Collection[int], limits: Limits
) -> Found:
    finished.prepare()
    atoms = Atoms(finished)
    objects = gc.get_objects()
    holders = find_holders(objects, atoms)
    count = len(objects)
    del objects
    routes = find_routes([holder.thing for holder in holders], roots) if holders else {}
    sorting = _Sorting(atoms, spared, limits)
    for holder in holders:
        if (route := routes.get(id(holder.thing))) is not None:
            sorting.take(holder, route)
    for name, canaries in _held_by_frames(atoms, spared):
        sorting.note(name, False, canaries)
    unplaced = sum(id(holder.thing) not in routes for holder in holders)
    return Found(count, tuple(sorting.kept.values()), unplaced)


class _Sorting:
    """Sorts holders by route, and caches from what is kept."""

    def __init__(self, atoms: Atoms, spared: Collection[int], limits: Limits) -> None:
        self.kept: dict[tuple[str, bool], Kept] = {}
        self._atoms = atoms
        self._spared = spared
        self._limits = limits
        self._judged: dict[int, bool] = {}
        self._like: dict[str, list[tuple[str, bool]]] = {}  # route -> what was found on it so far

    def take(self, holder: Holder, route: Route) -> None:
        """Note what a holder holds."""
        spared = self._spared if route.name.startswith(FRAME) else ()
        found = self._like.setdefault(route.name, [])
        if len(found) >= DETAILED_MAX:  # they are alike: the rest is only counted
            self.note(*found[0], told_of(holder.canaries, spared))
            return
        cached = any(map(self._is_cache, route.things))
        for leaf in _leaves(holder.thing, holder.canaries, self._atoms):
            if told := told_of(leaf.canaries, spared):
                found.append((route.name + leaf.name, cached or self._is_cache(leaf.container)))
                self.note(*found[-1], told)

    def note(self, name: str, cached: bool, canaries: list[int]) -> None:
        """Note that something of this name holds these."""
        if canaries:
            self.kept.setdefault((name, cached), Kept(name, cached)).canaries.update(canaries)

    def _is_cache(self, thing: Any) -> bool:
        if id(thing) not in self._judged:
            self._judged[id(thing)] = is_callers_cache(thing, self._atoms, self._limits)
        return self._judged[id(thing)]


def told_of(canaries: Collection[int], spared: Collection[int]) -> list[int]:
    """Return those of *canaries* whose operations are not *spared*."""
    return [canary for canary in canaries if owner_of(canary)[0] not in spared]


def find_holders(objects: Sequence[Any], atoms: Atoms) -> list[Holder]:
    """Return the objects that refer to canaries directly, or by what the collector does not track."""
    holders: list[Holder] = []
    for start in range(0, len(objects), _CHUNK):
        holders += _holders_in(objects[start : start + _CHUNK], atoms)
        if len(holders) >= HOLDERS_MAX:
            break
    return holders


def _holders_in(chunk: Sequence[Any], atoms: Atoms) -> Iterator[Holder]:
    """Yield those of a chunk, halved until one object is left: few hold any."""
    canaries = atoms.referred(chunk)
    if not canaries:
        return
    if len(chunk) > 1:
        half = len(chunk) // 2
        yield from _holders_in(chunk[:half], atoms)
        yield from _holders_in(chunk[half:], atoms)
    elif not is_ours(chunk[0]):
        yield Holder(chunk[0], canaries)


def _held_by_frames(atoms: Atoms, spared: Collection[int]) -> Iterator[tuple[str, list[int]]]:
    """Yield what the locals of running frames hold, by function."""
    for frame in list(sys._current_frames().values()):  # noqa: SLF001 - the only way to another thread's
        each: FrameType | None = frame
        while each is not None:
            if not runs_ours(each):
                for name, value in list(each.f_locals.items()):
                    if canaries := told_of(atoms.among([value]), spared):
                        yield f"{name_frame(each)} > .{name}", canaries
            each = each.f_back


class _Leaf(NamedTuple):
    """One thing that a holder refers to: how a name ends, and the untracked container if it is one."""

    name: str
    canaries: list[int]
    container: object = None


def _leaves(thing: Any, canaries: list[int], atoms: Atoms) -> list[_Leaf]:
    """Return what of a holder holds its canaries: by attribute, if it is a module, object or class."""
    named = _attributes(thing)
    parts: list[tuple[str, Any]] = [(f".{name}", value) for name, value in named if isinstance(name, str)]
    if not named:
        parts = [("", each) for each in gc.get_referents(thing)]
        if issubclass(type(thing), dict):
            parts += [("", key) for key in dict.keys(thing)]
    leaves = []
    for name, value in parts:
        inner = type(value) in (dict, tuple) and not gc.is_tracked(value)
        found = atoms.referred([value]) if inner else atoms.among([value])
        if found:
            ending = f"{name} > {type(value).__name__}" if inner and name else name
            leaves.append(_Leaf(ending, found, value if inner else None))
    return leaves or [_Leaf("", canaries)]


def _attributes(thing: Any) -> list[tuple[Any, Any]]:
    # A module's or a class's variables are a dict like any other, but for these names in it.
    if type(thing) is dict and ("__spec__" in thing or "__module__" in thing):
        return list(thing.items())
    held = None if issubclass(type(thing), dict) else namespace_of(thing)
    return list((held or {}).items())
