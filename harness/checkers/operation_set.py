"""A set of canaries in one bit each: an exact account of every operation, small enough to keep.

Canaries of one client count up, so 64 consecutive ones share a word. The words are kept sorted by
the canary's upper bits: dense numbers cost 2 bits each, scattered (or malicious) ones 16 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .checkpoints import Bools
from .view import U64, Rows

_WORD_BITS = np.uint64(6)
_IN_WORD = np.uint64(63)
_ONE = np.uint64(1)
_BITS = range(64)


class OperationSet:
    """A growing set of unsigned 64-bit canaries."""

    def __init__(self, canaries: U64 | None = None) -> None:
        self._keys = np.empty(0, np.uint64)
        self._words = np.empty(0, np.uint64)
        if canaries is not None:
            self.add(canaries)

    def add(self, canaries: U64) -> None:
        """Put every one of *canaries* in."""
        if canaries.size:
            ordered = np.sort(canaries)
            self._merge(ordered >> _WORD_BITS, _ONE << (ordered & _IN_WORD))

    def update(self, other: OperationSet) -> None:
        """Put in all that *other* holds."""
        self._merge(other._keys, other._words)

    def _merge(self, keys: U64, words: U64) -> None:
        """Or *words* into those of the same key; *keys* are sorted and may repeat."""
        if not keys.size:
            return
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        keys, words = keys[starts], np.bitwise_or.reduceat(words, starts)
        at, held = self._find(keys)
        self._words[at[held]] |= words[held]
        self._keys = np.insert(self._keys, at[~held], keys[~held])
        self._words = np.insert(self._words, at[~held], words[~held])

    def _find(self, keys: U64) -> tuple[Rows, Bools]:
        """Return where *keys* are or belong, and which of them are held."""
        at = np.searchsorted(self._keys, keys)
        held = at < len(self._keys)
        held[held] = self._keys[at[held]] == keys[held]
        return at, held

    def __len__(self) -> int:
        return int(np.bitwise_count(self._words).sum())

    @property
    def size_bytes(self) -> int:
        """What the set itself takes."""
        return self._keys.nbytes + self._words.nbytes

    def __contains__(self, canary: int) -> bool:
        return bool(self.has(np.array([canary], np.uint64))[0])

    def has(self, canaries: U64) -> Bools:
        """Return which of *canaries* are in the set."""
        at, held = self._find(canaries >> _WORD_BITS)
        held[held] = self._words[at[held]] >> (canaries[held] & _IN_WORD) & _ONE == _ONE
        return held

    def smallest(self, count: int) -> list[int]:
        """Return the *count* smallest canaries (fewer if there are fewer), in ascending order."""
        found: list[int] = []
        for key, word in zip(self._keys[:count].tolist(), self._words[:count].tolist(), strict=True):
            found += [key << 6 | bit for bit in _BITS if word >> bit & 1]
        return found[:count]

    def minus(self, other: OperationSet) -> OperationSet:
        """Return the set of those that *other* does not hold."""
        left = OperationSet()
        at, shared = other._find(self._keys)
        words = self._words.copy()
        words[shared] &= ~other._words[at[shared]]
        kept = words != 0
        left._keys, left._words = self._keys[kept], words[kept]
        return left


def union(sets: Iterable[OperationSet]) -> OperationSet:
    """Return a new set of all that *sets* hold."""
    whole = OperationSet()
    for one in sets:
        whole.update(one)
    return whole
