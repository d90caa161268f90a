"""What refers to objects that should be gone: one walk over everything that the collector knows.

Only for the end of a process: it takes tenths of a second. By type(): an object may answer anything when it
is asked for its class.
"""

from __future__ import annotations

import collections
import contextvars
import gc
import types
import weakref
from collections.abc import Sequence
from typing import Any

from harness.history.layout import Holder

_KINDS: tuple[tuple[Holder, tuple[type, ...]], ...] = (
    (Holder.CLOSURE, (types.CellType,)),
    (Holder.FRAME, (types.FrameType, types.TracebackType)),
    (Holder.GENERATOR, (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)),
    (Holder.CONTEXT_VARIABLE, (contextvars.Context, contextvars.Token)),
    (Holder.DICT, (dict,)),
    (Holder.SEQUENCE, (list, tuple, set, frozenset, collections.deque)),
)
#: The names of the types of which a Context is made; they can't be imported.
_NODES = "hamt"


def find_holders(references: Sequence[weakref.ref[Any]]) -> dict[int, Holder]:
    """Return what refers to the object of each reference, by the identity of the reference.

    Objects to which nothing refers that the collector knows are left out.
    """
    wanted = {id(thing): id(one) for one in references if (thing := one()) is not None}
    thing = None
    found: dict[int, Holder] = {}
    for owner in gc.get_objects():
        held = [wanted[id(one)] for one in gc.get_referents(owner) if id(one) in wanted]
        if not held:
            continue
        holder = Holder.KEPT_CONTEXT if id(owner) in wanted else _kind_of(type(owner))
        for key in held:
            found[key] = min(found.get(key, holder), holder)
    return found


def _kind_of(kind: type) -> Holder:
    for holder, types_ in _KINDS:
        if issubclass(kind, types_):
            return holder
    return Holder.CONTEXT_VARIABLE if kind.__name__.startswith(_NODES) else Holder.OBJECT
