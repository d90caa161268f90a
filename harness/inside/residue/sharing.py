"""What everybody shares, and so is no variable's own: what a module or the application leads to.

The rule: *what a variable leads to and everybody shares is not the variable's.* As requests are looked at,
that is what modules hold themselves and what the application leads to, found once or twice. Before a breach
is told, it is asked again, however far from a module a thing lies (:func:`find_shared`): a variable may be
set anew, in every request, to the one entry of a registry that all of them share.

An entry that is one caller's own is not everybody's, though a module leads to it: one by whose key it is that
caller's, or a random one as session ids are.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Callable, Collection, Container, Iterable, Iterator
from contextvars import Context, Token
from itertools import chain
from types import CoroutineType, FrameType, GeneratorType, ModuleType
from typing import Any, NamedTuple

from harness.blackbox.carrying import caller_of
from harness.history.journal import original

from .atoms import Atoms, referents_of, values_in
from .caches import is_random
from .routes import namespace_of

#: Objects of an application that are known as everybody's.
COMMON_MAX = 10_000
#: Objects of the process that are asked whether they lead to something.
_SHARED_MAX = 2_000_000
#: Objects searched of a thing that several callers may share.
_THING_MAX = 300
#: Things, atoms among them, that are looked at of one value.
_OWN_MAX = 3_000
#: What is a worker's or a request's own, whoever holds it.
_OWN = (ModuleType, Context, Token, FrameType, GeneratorType, CoroutineType)


class Shared(NamedTuple):
    """Of the things asked about, by identity: what modules and the application lead to."""

    everybodys: frozenset[int]  # it holds data of several callers, or of none
    #: It holds data of one caller: that caller's own, or nobody else has come yet; with its type's identity.
    doubtful: dict[int, int]
    kinds: frozenset[int]  # the types, by identity, of what holds data of several callers


def find_common(roots: Iterable[object]) -> frozenset[int]:
    """Return the identities of what modules hold, and of what *roots* lead to."""
    found = {id(value) for value in _held_by_modules() if gc.is_tracked(value)}
    classes = local_classes()
    level: list[Any] = [*roots]
    most = len(found) + COMMON_MAX
    while level and len(found) < most:
        found.update(map(id, level))
        referents = {id(each): each for each in chain.from_iterable(map(referents_of, level))}
        # A thread-local is each thread's own. By type: a proxy says that it is what it stands for.
        level = [
            each
            for number, each in referents.items()
            if number not in found and gc.is_tracked(each) and not issubclass(type(each), classes)
        ]
    return frozenset(found)


def find_shared(wanted: Collection[Any], roots: Iterable[object], atoms: Atoms) -> Shared:
    """Return which of *wanted* modules or *roots* lead to, breadth first.

    This costs up to a microsecond for each object of the process: it is done only where something was found.
    """
    missing = {id(each): each for each in wanted}
    above: dict[int, Any] = {}  # identity -> what leads to it
    reached = list(_reached(missing.keys(), [*roots, *_held_by_modules()], above, atoms))
    tops = {number: _top(number, missing, above) for number in reached}
    everybodys, doubtful, kinds = set[int](), dict[int, int](), set[int]()
    for number, top in tops.items():
        # What it leads to may be shared by itself: a user leads to the database.
        callers = callers_in(missing[number], atoms, {*tops.values()} - {top, number})
        kind = id(type(missing[number]))
        if len(callers) > 1:
            kinds.add(kind)
        if len(callers) != 1:
            everybodys.add(number)
        elif not _is_a_callers_entry(missing[number], above, atoms):
            doubtful[number] = kind
    return Shared(frozenset(everybodys), doubtful, frozenset(kinds))


def callers_in(thing: Any, atoms: Atoms, without: Container[int] = frozenset()) -> set[int]:
    """Return whose data *thing* holds."""
    return {caller_of(one) for one in values_in(thing, atoms, _THING_MAX, without)}


def own_things(value: Any, is_left_out: Callable[[Any], bool]) -> Iterator[Any]:
    """Yield what *value* is and leads to, nearest first, without what is left out and what that leads to.

    As :func:`.atoms.values_in`, but for containers that the collector does not track: they are entered too.
    """
    seen, queue = {id(value)}, deque([value])
    names: set[int] = set()  # the attributes of an object are no mapping of its own
    while queue and len(seen) < _OWN_MAX:
        thing = queue.popleft()
        if id(thing) not in names and is_left_out(thing):
            continue
        yield thing
        names.add(id(namespace_of(thing)))
        for each in _referents(thing):
            if id(each) not in seen:
                seen.add(id(each))
                queue.append(each)


def _referents(thing: Any) -> list[Any]:
    """Return what *thing* refers to; the collector does not show the keys of a dict that are all text."""
    keys = dict.keys(thing) if issubclass(type(thing), dict) else ()
    return [*referents_of(thing), *keys]


def local_classes() -> tuple[type, ...]:
    """Return the classes of thread-locals: gevent has one of its own."""
    gevent = sys.modules.get("gevent.local")
    found = {original("_thread", "_local"), sys.modules["threading"].local}  # gevent may have replaced it
    if gevent is not None:
        found.add(gevent.local)
    return tuple(found)


def _held_by_modules() -> Iterator[Any]:
    for module in list(sys.modules.values()):
        held = getattr(module, "__dict__", None)
        if type(held) is dict:
            yield from list(held.values())


def _reached(
    wanted: Collection[int], starts: Iterable[Any], above: dict[int, Any], atoms: Atoms
) -> Iterator[int]:
    """Yield those of *wanted* that *starts* lead to; *above* says by what."""
    greenlets = sys.modules.get("greenlet")
    own = (*_OWN, *local_classes(), *((greenlets.greenlet,) if greenlets is not None else ()))
    left = set(wanted)
    queue: deque[tuple[Any, Any]] = deque((None, each) for each in starts)
    while queue and left and len(above) < _SHARED_MAX:
        holder, thing = queue.popleft()
        number, cls = id(thing), type(thing)
        if number in above:
            continue
        above[number] = holder
        if number in left:
            left.discard(number)
            yield number
        if issubclass(cls, own) or not atoms.are_entered(cls) or (cls is dict and "__builtins__" in thing):
            continue
        for each in gc.get_referents(thing):
            number = id(each)
            if number not in above and (gc.is_tracked(each) or number in left):
                queue.append((thing, each))


def _top(number: int, wanted: Container[int], above: dict[int, Any]) -> int:
    """Return the first of *wanted* on the way to one of them."""
    top, at = number, number
    while (holder := above[at]) is not None:
        at = id(holder)
        if at in wanted:
            top = at
    return top


def _is_a_callers_entry(thing: Any, above: dict[int, Any], atoms: Atoms) -> bool:
    """Whether a mapping on the way to *thing* has a caller's key for it."""
    while (holder := above.get(id(thing))) is not None:
        if issubclass(type(holder), dict):
            keys = [key for key, value in list(dict.items(holder)) if value is thing]
            if any(is_random(key) or callers_in(key, atoms) for key in keys):
                return True
        thing = holder
    return False
