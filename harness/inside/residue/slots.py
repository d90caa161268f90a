"""ContextVars and thread-locals: what a request leaves in them, and what the next one inherits.

The rule this file guards: *what every request pays is one comparison.* A context is an immutable map, so a
copy costs nothing, and whether two have the same values is decided in C. Only a request that changed a
variable is looked at; every sixteenth also for containers that changed inside, and for thread-locals.

What a variable leads to and everybody shares is not the variable's: a framework's request leads to the
application, and that to all its caches. So what a module or the application holds is not entered
(:mod:`.sharing`), and a bounded cache keyed by its caller (:mod:`.caches`) is nobody's inheritance.

A *slot* is a variable, or an attribute of a thread-local, that was seen to hold a finished operation's data.
A worker with slots is looked at as each request starts and ends: one that began with another caller's data
in a slot and ended with the same data there has inherited it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, ContextVar, copy_context
from operator import is_
from typing import Any, TypeAlias

from harness.blackbox.carrying import caller_of
from harness.history.canary import ABSENT, UNMARKED
from harness.history.layout import Residue
from harness.inside.locality import Here

from .atoms import Atoms, values_in
from .caches import Limits
from .inheriting import Inheriting
from .names import name_local, name_variable
from .routes import is_ours
from .sharing import find_common, local_classes

#: Slots watched on one worker.
SLOTS_MAX = 64
#: Objects searched of one value.
VALUE_MAX = 300
#: The first so many requests of a process are looked at in full, then one of so many.
FULL_FIRST = 256
FULL_EACH = 16

#: The first so many requests of a worker with slots are looked at as they start, then one of FULL_EACH.
SLOTS_FIRST = 64

#: ``write(operation, canary, name, residue, count)``
Write: TypeAlias = Callable[[int, int, str, Residue, int], None]
#: A ContextVar and '', or a thread-local and the attribute.
Slot: TypeAlias = tuple[Any, str]
_ABSENT = object()


class Trail:
    """What is known of one worker: a thread, or a greenlet."""

    __slots__ = ("before", "held", "looks", "slots")

    def __init__(self) -> None:
        self.before: Context | None = None  # as the request started
        self.slots: dict[Slot, str] = {}  # with their names: those are dear
        self.held: dict[Slot, frozenset[int]] = {}  # other callers' canaries, as the request started
        self.looks = 0  # requests that started with slots


class Slots:
    """Looks at the variables of the worker that runs.

    :param write: writes a record. :param roots: the application, which every request may lead to.
    :param limits: says what the most entries of a cache are that is no breach, by now.
    """

    def __init__(
        self,
        atoms: Atoms,
        write: Write,
        *,
        limits: Callable[[], Limits],
        roots: Iterable[object] = (),
        always_full: bool = False,
    ) -> None:
        self._atoms = atoms
        self._write = write
        self._roots = list(roots)
        self._full = always_full
        self._locals: list[Any] = []
        self._common: set[int] = set()
        self._inheriting = Inheriting(atoms, limits, self._roots, self._common)

    def take_census(self) -> None:
        """Find the thread-locals of this process; those that initialise themselves are left to the heap."""
        self._common.update(find_common(self._roots))
        own = {id(each) for each in self._locals}
        classes = local_classes()
        # Never gc.get_objects() while others run: a tuple that another thread is just making must have no
        # other reference, or that thread gets a SystemError. Here only what refers to a class is asked for.
        for thing in gc.get_referrers(*_with_subclasses(classes)):
            cls = type(thing)
            if id(thing) in own or not issubclass(cls, classes) or is_ours(thing):
                continue
            # To look into one on a thread that never used it would run its __init__ there.
            if any("__init__" in base.__dict__ for base in cls.__mro__ if base not in (*classes, object)):
                continue
            self._locals.append(thing)

    def let_go(self) -> None:
        """Hold nothing of the application any more."""
        self._roots.clear()
        self._locals.clear()

    def enter(self, trail: Trail, here: Here) -> None:
        """Look as a request starts."""
        trail.before = copy_context()
        if trail.slots and self._is_looked_at(trail):
            caller = caller_of(here.number)
            trail.held = {}
            for slot in trail.slots:
                found = self.canaries(_value(slot))
                if others := frozenset(one for one in found if caller_of(one) != caller):
                    trail.held[slot] = others

    def canaries(self, value: object) -> list[int]:
        """Return the canaries in what is *value*'s own."""
        return values_in(value, self._atoms, VALUE_MAX, self._common)

    def _is_looked_at(self, trail: Trail) -> bool:
        looks = trail.looks
        trail.looks = looks + 1
        return self._full or looks < SLOTS_FIRST or not looks % FULL_EACH

    def exit(self, trail: Trail, here: Here, number: int) -> None:
        """Look after a request has ended; *number* counts them."""
        before, after = trail.before, copy_context()
        trail.before = None
        if before is None:
            return
        if len(before) != len(after) or not all(map(is_, before.values(), after.values())):
            for variable, value in after.items():
                if before.get(variable, _ABSENT) is not value:
                    self._leave(trail, (variable, ""), value, here)
        if trail.held:
            self._tell_inherited(trail, here)
        if self._full or number < FULL_FIRST or not number % FULL_EACH:
            self._look_in_full(trail, after, here)

    def _look_in_full(self, trail: Trail, context: Context, here: Here) -> None:
        for variable, value in context.items():
            self._leave(trail, (variable, ""), value, here)
        for local in self._locals:
            for attribute, value in list(_attributes(local)):
                self._leave(trail, (local, attribute), value, here)

    def _leave(self, trail: Trail, slot: Slot, value: object, here: Here) -> None:
        """Note a slot if it holds data of a caller."""
        if slot in trail.slots or len(trail.slots) >= SLOTS_MAX or is_ours(value):
            return
        if canaries := self.canaries(value):
            trail.slots[slot] = name = name_slot(slot)
            self._write(here.number, canaries[0], name, Residue.LEFT, 1)

    def _tell_inherited(self, trail: Trail, here: Here) -> None:
        held, trail.held = trail.held, {}
        if here.number in (ABSENT, UNMARKED):
            return
        for slot, others in held.items():
            value = _value(slot)
            still = others.intersection(self.canaries(value))
            if still and (found := self._inheriting.of(slot, value, still)) is not None:
                self._write(here.number, found, trail.slots[slot], Residue.INHERITED, 1)


def name_slot(slot: Slot) -> str:
    """Return how to call a slot."""
    thing, attribute = slot
    return name_variable(thing) if isinstance(thing, ContextVar) else name_local(thing, attribute)


def _value(slot: Slot) -> object:
    thing, attribute = slot
    if isinstance(thing, ContextVar):
        return thing.get(None)
    return dict(_attributes(thing)).get(attribute)


def _attributes(local: Any) -> Iterator[tuple[str, Any]]:
    try:
        yield from list(local.__dict__.items())  # its own way: each thread has another
    except Exception:  # it may be anything
        return


def _with_subclasses(classes: tuple[type, ...]) -> list[type]:
    found: list[type] = list(classes)
    for cls in found:  # grows as it goes
        inner: list[type] = type.__subclasses__(cls)
        found.extend(each for each in inner if each not in found)
    return found
