"""Whether a container is a bounded cache keyed by its caller: the one way to keep data that is no breach.

The rule (docs/verdict.md tells it to users): a mapping each entry of which holds data of one caller only, and

- the keys carry canaries, each of the caller whose data the entry holds; at most so many entries; or
- the keys are random, as session ids are: nobody comes by an entry without knowing its key, and a caller may
  have several. A store may have as many entries as sessions were begun, which is a share of the requests; or
- no key is either, and no two entries hold data of the same caller: at most so many entries, and two at
  least, or one slot that everybody overwrites would pass.

``functools.lru_cache`` counts as such a mapping, keyed by the arguments of its calls; one with a ``maxsize``
is bounded whatever that is. A ``deque`` with a small ``maxlen`` is bounded too: it holds the latest few.
"""

from __future__ import annotations

import functools
import gc
import re
import uuid
from collections import deque
from typing import Any, NamedTuple

from harness.blackbox.carrying import caller_of
from harness.blackbox.tokens import is_token

from .atoms import Atoms, values_in

#: Objects that one entry is searched for.
_ENTRY_MAX = 200
_LruCache = type(functools.lru_cache(lambda: None))
_WORDS = re.compile(r"[A-Za-z0-9_-]{16,512}")


class Limits(NamedTuple):
    """The most entries of a cache that is no breach; ``sessions``: of a store keyed by random values."""

    entries: int
    sessions: int = 0


def is_callers_cache(thing: Any, atoms: Atoms, limits: Limits) -> bool:
    """Whether *thing* is bounded, and a mapping's entries are each one caller's."""
    cls = type(thing)
    if cls is _LruCache:
        return _is_keyed_cache(thing, atoms, limits.entries)
    if issubclass(cls, deque):
        most = deque.maxlen.__get__(thing)  # not a subclass's own
        return most is not None and most <= limits.entries
    if not issubclass(cls, dict) or not 0 < dict.__len__(thing) <= max(limits):
        return False
    return _is_keyed(list(dict.items(thing)), atoms, limits.entries)


def _is_keyed(entries: list[tuple[Any, Any]], atoms: Atoms, entries_max: int) -> bool:
    unkeyed: list[int] = []
    keyed, at_random = 0, 0
    for key, value in entries:
        by, of = _callers(key, atoms), _callers(value, atoms)
        if len(by | of) > 1:
            return False
        if by:
            keyed += 1
        elif of and is_random(key):
            at_random += 1
        else:
            unkeyed += of
    if keyed > entries_max:
        return False
    if not unkeyed:
        return at_random > 0 or (keyed > 0 and len(entries) <= entries_max)
    several = len(unkeyed) > 1 and len(set(unkeyed)) == len(unkeyed)
    return several and not keyed and len(entries) <= entries_max


def is_random(key: Any) -> bool:
    """Whether a key is, or holds, a value as random as a session id."""
    if isinstance(key, uuid.UUID):
        return True
    if isinstance(key, tuple):
        return any(map(is_random, key))
    if isinstance(key, int):
        return key >> 64 > 0
    if isinstance(key, bytes):
        key = key.decode("latin-1")
    return isinstance(key, str) and any(map(is_token, _WORDS.findall(key)))


def _is_keyed_cache(cache: Any, atoms: Atoms, entries_max: int) -> bool:
    entries = cache.cache_info().currsize
    parameters: dict[str, Any] = getattr(cache, "cache_parameters", dict)()
    bounded = parameters.get("maxsize") is not None
    if not entries or (entries > entries_max and not bounded):
        return False
    # It refers to each key and result in turn, and to a dict whose keys are the keys.
    inner = [each for each in gc.get_referents(cache) if type(each) is dict and len(each) == entries]
    by: set[int] = set().union(*(_callers(list(each), atoms) for each in inner))
    of = _callers([each for each in gc.get_referents(cache) if type(each) is not dict], atoms, 200 * entries)
    return bool(by) and of <= by


def _callers(value: Any, atoms: Atoms, objects_max: int = _ENTRY_MAX) -> set[int]:
    return {caller_of(number) for number in values_in(value, atoms, objects_max)}
