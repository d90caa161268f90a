"""The kinds of retention that are seeded, each next to its silent twin; a table.

``keep`` puts a canary somewhere in a module of its own; ``free`` does nearly the same and keeps nothing of a
request, or keeps it as a bounded cache keyed by its caller does.
"""

# ruff: noqa: E501 - a row is a kind of retention, and is read in one line
from __future__ import annotations

import array
import asyncio
import base64
import collections
import ctypes
import functools
import gc
import io
import queue
import random
import sys
import threading
import types
import uuid
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pytest

from harness.blackbox.carrying import field_canary, to_decimal, to_float, to_uuid
from harness.history.canary import CanaryKind, make_canary, to_text
from harness.inside.residue.caches import Limits
from harness.inside.residue.canaries import Finished
from harness.inside.residue.heap import Found, search_heap

CLIENTS = 6
#: Canaries of nobody else's: other tests leave some in this process. Small enough for a float.
WORKER = 11


def operation(client: int) -> int:
    return make_canary(CanaryKind.OPERATION, WORKER, client, 40 + client)


def text(client: int) -> str:
    # Made at run time: a constant would stay in the code of the test.
    return f"/orders/{to_text(operation(client))}/x"


class Request:
    def __init__(self, path: str) -> None:
        self.path = path


class Slotted:
    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


@dataclass
class Seed:
    """A kind of retention. ``found``: whether it is; ``cached``: the twin is a cache, and counted as one."""

    name: str
    keep: Callable[[Any], object]
    free: Callable[[Any], object]
    found: bool = True
    cached: bool = False


def _default(m: Any) -> None:
    def view(path: str, seen: list[str] = []) -> None:  # noqa: B006 - the defect
        seen.append(path)

    m.view = view
    view(text(1))


def _closure(m: Any, *, keep: bool) -> None:
    def make(path: str) -> Callable[[], str]:
        return (lambda: path) if keep else (lambda: "x")

    m.callback = make(text(1))


def _error(m: Any, *, keep: bool) -> None:
    def view(path: str) -> None:
        raise ValueError("refused" + path[:0])

    try:
        view(text(1))
    except ValueError as error:
        m.last_error = error if keep else error.with_traceback(None)


def _generator(m: Any, *, keep: bool) -> None:
    def body(path: str) -> Iterator[str]:
        yield "head"
        yield path

    m.body = body(text(1))
    next(m.body)
    if not keep:
        m.body.close()


def _coroutine(m: Any, *, keep: bool) -> None:
    async def job(path: str) -> str:
        await asyncio.sleep(0)
        return path

    m.job = job(text(1))
    m.job.send(None)
    if not keep:
        m.job.close()


def _lru(m: Any, *, shared: bool) -> None:
    @functools.lru_cache(maxsize=128)
    def profile(caller: str) -> dict[str, str]:
        return {"of": m.current}

    m.profile = profile
    for client in range(CLIENTS):
        m.current = text(client)
        profile(f"page {client % 2}" if shared else text(client))
    m.current = ""


def _local(m: Any, *, keep: bool) -> None:
    m.state = threading.local()
    m.state.user = text(1)
    if not keep:
        del m.state.user


def _array(m: Any, *, keep: bool) -> None:
    m.buffer = array.array("b", text(1).encode() if keep else b"nothing")


def _cycle(m: Any, *, keep: bool) -> None:
    one, two = Request(text(1)), Request(text(2))
    vars(one)["other"], vars(two)["other"] = two, one
    if keep:
        m.one = one


def _weak(m: Any, *, keep: bool) -> None:
    one = Request(text(1))
    m.by_request = weakref.WeakKeyDictionary({one: text(2)})
    if keep:
        m.held = [one]


def _future(m: Any, *, keep: bool) -> None:
    m.result = Future()
    m.result.set_result(text(1) if keep else "done")


def _frozen(m: Any, *, keep: bool) -> None:
    m.old = [Request("at start")]
    gc.freeze()
    m.old[0].path = text(1) if keep else "later"


def _queue(m: Any, *, keep: bool) -> None:
    m.jobs = queue.Queue()
    m.jobs.put(text(1))
    if not keep:
        m.jobs.get()


def _class_attribute(m: Any, *, keep: bool) -> None:
    m.View = type("View", (), {"last": "", "__module__": m.__name__})
    m.View.last = text(1) if keep else "none"


def _bytesio(m: Any, *, keep: bool) -> None:
    m.log = io.BytesIO()
    m.log.write(text(1).encode())
    if not keep:
        m.log.close()


def _stringio(m: Any, *, keep: bool) -> None:
    m.log = io.StringIO()
    m.log.write(text(1) if keep else "nothing")


def _pages(m: Any, *, keep: bool) -> None:
    @functools.lru_cache(maxsize=None if keep else 512)
    def page(path: str) -> int:
        return len(path)

    m.page = page
    for number in range(300):
        page(f"{text(1)}?{number}")


def sessions(number: int, *, at_random: bool = True) -> dict[str, list[str]]:
    """Return a store in which each client has several entries."""
    draws = random.Random(number)
    keys = (f"session:{draws.randbytes(16).hex()}" if at_random else f"session {n}" for n in range(number))
    return {key: [text(n % CLIENTS)] for n, key in enumerate(keys)}


def put(name: str, value: Callable[[], object]) -> Callable[[Any], None]:
    return lambda m: setattr(m, name, value())


def twice(
    one: Callable[..., None], word: str = "keep"
) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    return lambda m: one(m, **{word: True}), lambda m: one(m, **{word: False})


def callers(value: Callable[[int], object], number: int = CLIENTS) -> dict[Any, Any]:
    return {text(client): value(client) for client in range(number)}


SEEDS = (
    Seed("a module's variable", put("last", lambda: text(1)), put("last", lambda: "none")),
    Seed("a list", put("rows", lambda: [text(1)]), put("rows", lambda: ["row"])),
    Seed("an untracked dict in a list", put("rows", lambda: [{"path": text(1)}]), put("rows", lambda: [{}])),
    Seed("an untracked tuple in a tuple", put("rows", lambda: [(1, (2, text(1)))]), put("rows", lambda: [(1,)])),
    Seed("a key of a dict", put("seen", lambda: {text(1): [text(2)]}), put("seen", lambda: {"a": ["b"]})),
    Seed("a key alone, of two callers", put("seen", lambda: {text(1) + text(2): 1}), put("seen", lambda: {"a": 1})),
    Seed("a set", put("seen", lambda: {text(1)}), put("seen", lambda: {"a"})),
    Seed("a deque", put("recent", lambda: collections.deque([text(1)])), put("recent", collections.deque)),
    Seed("an object's attribute", put("one", lambda: Request(text(1))), put("one", lambda: Request("x"))),
    Seed("a slot", put("one", lambda: Slotted(text(1))), put("one", lambda: Slotted("x"))),
    Seed("a class attribute", *twice(_class_attribute)),
    Seed("a mutable default", _default, put("view", lambda: lambda path: None)),
    Seed("a closure", *twice(_closure)),
    Seed("a partial", put("job", lambda: functools.partial(print, text(1))), put("job", lambda: print)),
    Seed("a bound method", put("job", lambda: Request(text(1)).__eq__), put("job", lambda: Request("x").__eq__)),
    Seed("an exception's traceback", *twice(_error)),
    Seed("a suspended generator", *twice(_generator)),
    Seed("a suspended coroutine", *twice(_coroutine)),
    Seed("a result of a cache not keyed by its caller", *twice(_lru, "shared"), found=True, cached=True),
    Seed("a thread-local", *twice(_local)),
    Seed("a cycle that something holds", *twice(_cycle)),
    Seed("a value of a weak mapping whose key stays", *twice(_weak)),
    Seed("a future's result", *twice(_future)),
    Seed("a container older than gc.freeze", *twice(_frozen)),
    Seed("a queue", *twice(_queue)),
    Seed("bytes", put("raw", lambda: [text(1).encode()]), put("raw", lambda: [b"raw"])),
    Seed("a bytearray", put("raw", lambda: [bytearray(text(1).encode())]), put("raw", lambda: [bytearray(9)])),
    Seed("an array", *twice(_array)),
    Seed("a BytesIO", *twice(_bytesio)),
    Seed("a StringIO", *twice(_stringio)),
    Seed(
        "a ctypes buffer",
        put("raw", lambda: ctypes.create_string_buffer(text(1).encode())),
        put("raw", lambda: ctypes.create_string_buffer(40)),
    ),
    Seed("an integer", put("ids", lambda: [operation(1)]), put("ids", lambda: [operation(1) ^ 1 << 60])),
    Seed("a field's canary", put("ids", lambda: [to_text(field_canary(operation(1), 3))]), put("ids", list)),
    Seed("a decimal", put("ids", lambda: ["id " + to_decimal(field_canary(operation(1), 3))]), put("ids", list)),
    Seed("a float in text", put("ids", lambda: [to_float(field_canary(operation(1), 4))]), put("ids", list)),
    Seed(
        "a UUID",
        put("ids", lambda: [uuid.UUID(to_uuid(field_canary(operation(1), 5)))]),
        put("ids", lambda: [uuid.UUID(int=1 << 127)]),
    ),
    Seed("a slot that everybody overwrites", put("state", lambda: {"user": text(1)}), put("state", dict)),
    Seed(
        "an unbounded mapping",
        put("pages", lambda: {f"{text(1)}?{n}": n for n in range(300)}),
        put("pages", lambda: callers(str)),
        cached=True,
    ),
    Seed(
        "a mapping whose entries are two callers'",
        put("pages", lambda: callers(lambda client: text((client + 1) % CLIENTS))),
        put("pages", lambda: callers(text)),
        cached=True,
    ),
    Seed(
        "a store by number that holds a caller's data twice",
        put("store", lambda: {1: [text(1)], 2: [text(1)]}),
        put("store", lambda: {1: [text(1)], 2: [text(2)]}),
        cached=True,
    ),
    Seed(
        "a store not keyed by random values",
        put("sessions", lambda: sessions(20, at_random=False)),
        put("sessions", lambda: sessions(20)),
        cached=True,
    ),
    Seed(
        "more sessions than were begun",
        put("sessions", lambda: sessions(1001)),
        put("sessions", lambda: sessions(1000)),
        cached=True,
    ),
    Seed(
        "a session with another caller's data",
        put("sessions", lambda: sessions(20) | {uuid.uuid4().hex: [text(1), text(2)]}),
        put("sessions", lambda: sessions(20) | {uuid.uuid4().hex: [text(1), text(1)]}),
        cached=True,
    ),
    Seed(
        "a cache that grows beside a session",
        put("pages", lambda: {f"{text(1)}?{n}": n for n in range(300)} | sessions(1)),
        put("pages", lambda: {f"{text(1)}?{n}": n for n in range(200)} | sessions(1)),
        cached=True,
    ),
    Seed("an unbounded lru_cache", *twice(_pages), cached=True),
    Seed(
        "a long deque",
        put("recent", lambda: collections.deque([text(1)], 1000)),
        put("recent", lambda: collections.deque([text(1)], 100)),
        cached=True,
    ),
    # What is known to be missed: an encoded copy.
    Seed(
        "a base64 copy",
        put("raw", lambda: base64.b64encode(text(1).encode()).decode()),
        put("raw", lambda: base64.b64encode(b"nothing").decode()),
        found=False,
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Iterator[dict[tuple[str, bool], Found]]:
    """Everything is seeded at once, each in a module of its own, and searched for once."""
    modules = {}
    for number, seed in enumerate(SEEDS):
        for keeps, put_there in ((True, seed.keep), (False, seed.free)):
            name = f"seeded_{number}_{'keeps' if keeps else 'frees'}"
            made = types.ModuleType(name)
            made.__dict__["__spec__"] = None
            sys.modules[name] = made
            modules[name] = seed.name, keeps
            put_there(made)
    finished = Finished()
    for client in range(CLIENTS):
        finished.add(make_canary(CanaryKind.OPERATION, WORKER, client, 100))
    all_found = search_heap(finished, limits=Limits(256, sessions=1000))
    yield {
        about: Found(all_found.objects, tuple(k for k in all_found.kept if k.name.startswith(f"{name}")))
        for name, about in modules.items()
    }
    for name in modules:
        del sys.modules[name]
    gc.unfreeze()


@pytest.mark.parametrize("seed", SEEDS, ids=[seed.name for seed in SEEDS])
def test_what_is_kept_is_found(seed: Seed, found: dict[tuple[str, bool], Found]) -> None:
    kept = found[seed.name, True].kept
    assert bool(kept) is seed.found
    assert not any(each.cached for each in kept)


@pytest.mark.parametrize("seed", SEEDS, ids=[seed.name for seed in SEEDS])
def test_its_twin_is_silent(seed: Seed, found: dict[tuple[str, bool], Found]) -> None:
    kept = found[seed.name, False].kept
    assert all(each.cached for each in kept)
    assert bool(kept) is seed.cached
