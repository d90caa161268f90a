"""Routes from a module to what it keeps alive, told by type and attribute names, never by a value or key.

Breadth first from every module's variables and from the application, so that a route is a short one. No
route goes through the harness, through another module's variables, or through a frame. This costs about a
microsecond for each object of the process, and is done only where something was found.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import (
    CellType,
    FrameType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, TypeAlias

from .names import name_type

# Packages and modules, each with its dot: a user's ``queue_worker`` is none of ``queue``'s (:func:`_is_of`).
#: Of the harness itself, and of what drives tests: nothing of a target is theirs.
_OURS = ("harness.", "pytest_crosstalk.", "_pytest.", "pluggy.")
#: Servers: what they hold of a connection's last request is not the application's.
_SERVERS = ("gunicorn.", "waitress.", "gevent.pywsgi.", "gevent.baseserver.", "werkzeug.serving.")
_OURS_OR_SERVERS = (*_OURS, *_SERVERS)
#: What runs, or waits for work: its frames hold the last job until the next.
_RUNNING = (
    *_OURS_OR_SERVERS,
    "gevent.",
    "concurrent.futures.",
    "threading.",
    "queue.",
    "selectors.",
    "socketserver.",
    "http.server.",
)
_PARTS_MAX = 12
#: What the name of a route from a running frame begins with.
FRAME = "the running frame"
_STDLIB = sys.stdlib_module_names
#: Steps that say nothing: a function's closure, a bound method.
_SILENT = (CellType, MethodType)


#: By identity: the thing, and what refers to it (None: a route begins with it).
Parents: TypeAlias = dict[int, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """How something is kept: its name, and what lies on it, from the module on; the holder is last."""

    name: str
    things: tuple[Any, ...]


def find_routes(wanted: Iterable[Any], roots: Mapping[str, object]) -> dict[int, Route]:
    """Return the route to each wanted thing that has one, by identity."""
    missing = {id(each) for each in wanted}
    parents: Parents = {}
    names: dict[int, str] = {}
    # The frames last: what a module leads to as well is the module's.
    for starts in (_module_starts(roots), _frame_starts()):
        if missing <= parents.keys():
            break
        fresh = [(name, thing) for name, thing in starts if id(thing) not in parents]
        names |= {id(thing): name for name, thing in fresh}
        parents |= {id(thing): (thing, None) for _, thing in fresh}
        _spread([thing for _, thing in fresh], parents, missing - parents.keys())
    return {number: _route(number, parents, names) for number in missing if number in parents}


def _spread(starts: list[Any], parents: Parents, left: set[int]) -> None:
    """Follow every reference from *starts* on, until nothing is left to be found."""
    queue: deque[Any] = deque(starts)
    skipped = {id(module.__dict__) for module in list(sys.modules.values()) if type(module) is ModuleType}
    skipped |= {id(sys.modules), id(parents), id(queue), id(starts)}
    while queue and left:
        thing = queue.popleft()
        for each in gc.get_referents(thing):
            number = id(each)
            if number in parents or number in skipped or not _is_followed(each):
                continue
            parents[number] = (each, thing)
            left.discard(number)
            queue.append(each)


def is_ours(thing: object) -> bool:
    """Whether a thing is the harness's own, or of what drives tests; or a module of theirs."""
    if type(thing) is dict and "__spec__" in thing:
        return _is_of(str(thing.get("__name__", "")), _OURS)
    return _is_of(_module_of(type(thing)), _OURS)


def is_strange(cls: type) -> bool:
    """Whether a class is the harness's, a test runner's or a server's."""
    return _is_of(_module_of(cls), _OURS_OR_SERVERS)


def serves(function: object) -> bool:
    """Whether a job's function is a server's own."""
    return is_strange(type(getattr(function, "__self__", None)))


def _is_followed(thing: Any) -> bool:
    cls = type(thing)
    if cls is ModuleType or not gc.is_tracked(thing):
        return False
    if cls is FrameType:  # of a traceback or a generator: the collector sees none that runs
        return not runs_ours(thing)
    module = thing.__module__ if cls is FunctionType else _module_of(thing if issubclass(cls, type) else cls)
    return not (isinstance(module, str) and _is_of(module, _OURS_OR_SERVERS))


def _is_of(module: str, packages: tuple[str, ...]) -> bool:
    return f"{module}.".startswith(packages)


def _module_of(cls: type) -> str:
    module = type.__getattribute__(cls, "__dict__").get("__module__", "")
    return module if isinstance(module, str) else ""


def _module_starts(roots: Mapping[str, object]) -> list[tuple[str, Any]]:
    """Return what routes begin with, by name: what the modules of others hold, each once."""
    starts: list[tuple[str, Any]] = []
    seen: set[int] = set()
    # The standard library last: what it holds as well is somebody's.
    modules = sorted(sys.modules.items(), key=lambda item: item[0].partition(".")[0] in _STDLIB)
    for module_name, module in modules:
        if type(module) is not ModuleType or _is_of(module_name, _OURS):
            continue
        # Variables that are all atoms are in a dict that is not tracked: then the module is the holder.
        starts += [(module_name, module), (module_name, module.__dict__)]
        for attribute, value in list(module.__dict__.items()):
            if id(value) not in seen and gc.is_tracked(value) and _is_followed(value):
                seen.add(id(value))
                owner = _defined_in(value, attribute) or module_name
                starts.append((f"{owner}.{attribute}", value))
    for name, value in roots.items():
        if id(value) not in seen:
            starts.append((name, value))
    return starts


def _frame_starts() -> list[tuple[str, Any]]:
    """Return what the locals of running frames hold; the collector sees no frame that runs."""
    starts = []
    for top in list(sys._current_frames().values()):  # noqa: SLF001 - the only way to another thread's
        frame: FrameType | None = top
        while frame is not None:
            if not runs_ours(frame):
                values = [each for each in list(frame.f_locals.values()) if gc.is_tracked(each)]
                starts += [(name_frame(frame), each) for each in values if _is_followed(each)]
            frame = frame.f_back
    return starts


def runs_ours(frame: FrameType) -> bool:
    """Whether a frame runs code of the harness, of what drives tests, of a server, or a module's own."""
    module = str(frame.f_globals.get("__name__", ""))
    return _is_of(module, _RUNNING) or frame.f_code.co_name == "<module>"


def name_frame(frame: FrameType) -> str:
    """Return how to call a running frame."""
    return f"{FRAME} of {frame.f_code.co_qualname} in {frame.f_globals.get('__name__', '')}"


def namespace_of(thing: Any) -> Mapping[str, Any] | None:
    """Return the attributes of an object or class without running code of its own; None if it has none."""
    try:
        held = object.__getattribute__(thing, "__dict__")
    except Exception:  # a class may have a property of that name
        return None
    return held if type(held) in (dict, MappingProxyType) else None


def _defined_in(value: Any, attribute: str) -> str:
    """Return the module that a class or function is of, if it is there: who imports it is no owner."""
    if not issubclass(type(value), type | FunctionType):
        return ""
    name = value.__module__
    module = sys.modules.get(name) if isinstance(name, str) else None
    return name if getattr(module, "__dict__", {}).get(attribute) is value else ""


def _route(number: int, parents: Mapping[int, tuple[Any, Any]], names: Mapping[int, str]) -> Route:
    things: list[Any] = []
    thing, parent = parents[number]
    while True:
        things.append(thing)
        if parent is None:
            break
        thing, parent = parents[id(parent)]
    things.reverse()
    parts = [names[id(things[0])]]
    for above, each in pairwise(things):
        part = _step(above, each)
        if part and (len(parts) < 2 or parts[-1] != part):
            parts.append(part)
    if len(parts) > _PARTS_MAX:
        parts = [*parts[: _PARTS_MAX // 2], "...", *parts[-_PARTS_MAX // 2 :]]
    return Route(" > ".join(parts), tuple(things))


def _step(above: Any, thing: Any) -> str:
    """Return how a route calls the step from one thing to what it refers to."""
    cls = type(thing)
    if cls in _SILENT:
        return ""
    if cls is dict and _is_namespace(above, thing):
        return ""
    attribute = _attribute(above, thing)
    kind = "function " + str(thing.__qualname__) if cls is FunctionType else name_type(cls)
    return f"{kind} (as .{attribute})" if attribute else kind


def _is_namespace(above: Any, thing: dict[Any, Any]) -> bool:
    if issubclass(type(above), type):
        return "__module__" in thing
    return not issubclass(type(above), dict) and namespace_of(above) is thing


def _attribute(above: Any, thing: Any) -> str:
    """Return the attribute by which *above* refers to *thing*, '' if it is by no attribute."""
    cls = type(above)
    for name, value in list((namespace_of(above) or {}).items()):
        if value is thing and isinstance(name, str):
            return name
    for base in cls.__mro__:
        for name, member in base.__dict__.items():
            if type(member) is MemberDescriptorType and _slot(member, above) is thing:
                return name
    return ""


def _slot(member: MemberDescriptorType, above: Any) -> Any:
    try:
        return member.__get__(above)
    except AttributeError:
        return None
