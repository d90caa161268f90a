"""Whether a container is a bounded cache keyed by its caller: the one way to keep data that is no breach.

The rule (docs/verdict.md tells it to users): a mapping of at most so many entries, each of which holds data
of one caller only, and

- wherever a key carries a canary, it is the caller's whose data the entry holds; or
- no key carries one, and no two entries hold data of the same caller, as in a store keyed by session id:
  there have to be two entries at least, or one slot that everybody overwrites would pass.

``functools.lru_cache`` counts as such a mapping, keyed by the arguments of its calls.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterable
from typing import Any

from .atoms import Atoms, values_in
from .canaries import client_of

#: Objects that one entry is searched for.
_ENTRY_MAX = 200
_LruCache = type(functools.lru_cache(lambda: None))


def is_callers_cache(thing: Any, atoms: Atoms, entries_max: int) -> bool:
    """Whether *thing* is a mapping of at most *entries_max* entries, each of them one caller's."""
    cls = type(thing)
    if cls is _LruCache:
        return _is_keyed_cache(thing, atoms, entries_max)
    if not issubclass(cls, dict) or not 0 < dict.__len__(thing) <= entries_max:
        return False
    return _is_keyed(list(dict.items(thing)), atoms)


def _is_keyed(entries: Iterable[tuple[Any, Any]], atoms: Atoms) -> bool:
    unkeyed: list[int] = []
    keyed = 0
    for key, value in entries:
        by, of = _callers(key, atoms), _callers(value, atoms)
        if len(by | of) > 1:
            return False
        if by:
            keyed += 1
        else:
            unkeyed += of
    if not unkeyed:
        return keyed > 0
    return not keyed and len(unkeyed) > 1 and len(set(unkeyed)) == len(unkeyed)


def _is_keyed_cache(cache: Any, atoms: Atoms, entries_max: int) -> bool:
    entries = cache.cache_info().currsize
    if not 0 < entries <= entries_max:
        return False
    # It refers to each key and result in turn, and to a dict whose keys are the keys.
    inner = [each for each in gc.get_referents(cache) if type(each) is dict and len(each) == entries]
    by: set[int] = set().union(*(_callers(list(each), atoms) for each in inner))
    of = _callers([each for each in gc.get_referents(cache) if type(each) is not dict], atoms, 200 * entries)
    return bool(by) and of <= by


def _callers(value: Any, atoms: Atoms, objects_max: int = _ENTRY_MAX) -> set[int]:
    return {client_of(number) for number in values_in(value, atoms, objects_max)}
