"""What is still in the heap of finished operations, once all is quiet.

1. The collector runs; what ``gc.freeze`` hid is shown again (a leak into a container made before a fork would
   be missed otherwise).
2. Every tracked object's atoms are looked at, a chunk at a time, and the locals of running frames besides: the
   collector sees no frame that runs. A chunk without canaries costs nothing more.
3. For what holds some, routes are found from the modules and the application (``routes``), and each route is
   judged: a bounded cache whose entries are each one caller's is none (``caches``).

What no module, no application and no frame leads to is not told: it is the harness's own, or held by C code.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NamedTuple

from .atoms import Atoms
from .caches import is_callers_cache
from .canaries import Finished
from .routes import FRAME, find_routes, is_ours, name_frame, namespace_of, runs_ours

#: Objects looked at together.
_CHUNK = 2_048
#: Holders that are placed; of a target that keeps everything the first will do.
HOLDERS_MAX = 20_000


class Holder(NamedTuple):
    """An object that refers to canaries."""

    thing: Any
    canaries: list[int]


@dataclass(slots=True)
class Kept:
    """What one route leads to."""

    name: str
    cached: bool = False
    operations: set[int] = field(default_factory=set)


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
    entries_max: int,
) -> Found:
    """Search the heap of this process.

    :param roots: what else may lead to something, by name: the application.
    :param spared: operations that a running frame may hold: the last of each thread that exists.
    :param entries_max: the most entries of a cache that is no breach.
    """
    finished.prepare()
    gc.collect()
    if gc.get_freeze_count():
        gc.unfreeze()
    atoms = Atoms(finished)
    objects = gc.get_objects()
    holders = find_holders(objects, atoms)
    count = len(objects)
    del objects
    kept: dict[tuple[str, bool], Kept] = {}

    def note(name: str, canaries: list[int], *, cached: bool) -> None:
        kept.setdefault((name, cached), Kept(name, cached)).operations.update(canaries)

    routes = find_routes([holder.thing for holder in holders], roots or {}) if holders else {}
    judged: dict[int, bool] = {}
    for thing, canaries in holders:
        route = routes.get(id(thing))
        if route is None:
            continue
        for each in route.things:
            if id(each) not in judged:
                judged[id(each)] = is_callers_cache(each, atoms, entries_max)
        if route.name.startswith(FRAME):
            canaries = [number for number in canaries if number not in spared]
        if canaries:
            name = route.name + _leaf(thing, atoms)
            note(name, canaries, cached=any(judged[id(each)] for each in route.things))
    for name, canaries in _held_by_frames(atoms, spared):
        note(name, canaries, cached=False)
    unplaced = sum(id(holder.thing) not in routes for holder in holders)
    return Found(count, tuple(kept.values()), unplaced)


def find_holders(objects: Sequence[Any], atoms: Atoms) -> list[Holder]:
    """Return the objects that refer to canaries directly, or by what the collector does not track."""
    holders: list[Holder] = []
    for start in range(0, len(objects), _CHUNK):
        chunk = objects[start : start + _CHUNK]
        if not atoms.referred(chunk):
            continue
        for each in chunk:
            if each is not holders and not is_ours(each) and (canaries := atoms.referred([each])):
                holders.append(Holder(each, canaries))
        if len(holders) >= HOLDERS_MAX:
            break
    return holders


def _held_by_frames(atoms: Atoms, spared: Collection[int]) -> Iterator[tuple[str, list[int]]]:
    """Yield what the locals of running frames hold, by function."""
    for frame in list(sys._current_frames().values()):  # noqa: SLF001 - the only way to another thread's
        each: FrameType | None = frame
        while each is not None:
            if not runs_ours(each):
                for name, value in list(each.f_locals.items()):
                    canaries = [number for number in atoms.among([value]) if number not in spared]
                    if canaries:
                        yield f"{name_frame(each)} > .{name}", canaries
            each = each.f_back


def _leaf(thing: Any, atoms: Atoms) -> str:
    """Return the attribute by which a module, object or class holds its canary, '' for other containers."""
    # A module's or a class's variables are a dict like any other, but for these names in it.
    variables = type(thing) is dict and ("__spec__" in thing or "__module__" in thing)
    held = thing if variables else None if issubclass(type(thing), dict) else namespace_of(thing)
    for name, value in list((held or {}).items()):
        if isinstance(name, str) and atoms.referred([(value,)]):
            return f".{name}"
    return ""
