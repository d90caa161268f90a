"""The shape of a whole operation: the same for all operations that did the same, in one look-up.

Judging an operation record by record in Python would take most of the time a history may take.
But operations are alike: a few dozen shapes cover a history. So each operation becomes a short
string of bytes that leaves out who it was and when, and what a shape breaks is worked out once.

A row of a shape is four bytes: the record's code, what its law wants to know of its detail, and
which activation it is about, ranked within the operation (the numbers themselves are the process').
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from harness.history.layout import Kind

from .assembly import Groups
from .checkpoints import KINDS, POINTS, code_of, codes
from .view import U8, U32

#: Shapes remembered; when there are more (a target that does something new each time), start anew.
REMEMBERED = 4096
_RANK_MAX = (1 << 16) - 1


class ShapeRow(NamedTuple):
    """One record of a shape."""

    code: int
    detail: int
    activation: int  # its rank; 0 for records that are about no activation


class Breach(NamedTuple):
    """One breach of a law by a shape; ``rows`` prove it, the last is where it shows."""

    anomaly: str
    sentence: str  # with {op}
    rows: tuple[int, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Shaped:
    """The columns of a shape, for the sorted records of an assembly."""

    code: U8
    activation: U32  # the numbers of the process, 0 for none
    detail: U8 | int = 0


T = TypeVar("T")


class Shapes(Generic[T]):
    """Remembers what a law says of each shape; *judge* is asked once for each."""

    def __init__(self, judge: Callable[[list[ShapeRow]], T]) -> None:
        self._judge = judge
        self._known: dict[bytes, T] = {}

    def judge(self, groups: Groups, shaped: Shaped) -> Iterator[tuple[int, T]]:
        """Yield each group's first row, and what the law says of its shape."""
        if not len(groups.starts):
            return
        rows = np.empty((len(shaped.code), 4), np.uint8)
        rows[:, 0] = shaped.code
        rows[:, 1] = shaped.detail
        rows[:, 2:] = _ranks(groups, shaped.activation).view(np.uint8).reshape(len(rows), 2)
        text = rows.tobytes()
        known = self._known
        for start, end in zip(groups.starts.tolist(), groups.ends.tolist(), strict=True):
            key = text[4 * start : 4 * end]
            if key not in known:
                if len(known) >= REMEMBERED:
                    known.clear()
                known[key] = self._judge(_rows(key))
            yield start, known[key]


def _ranks(groups: Groups, activation: U32) -> npt.NDArray[np.uint16]:
    """Return each row's activation as its rank among the distinct ones of its group; 0 stays 0.

    Rows between groups count into the group before them; their ranks are never read.
    """
    about = np.flatnonzero(activation)
    owner = np.searchsorted(groups.starts, about, side="right").astype(np.uint64)
    key = owner << np.uint64(32) | activation[about]
    distinct, at = np.unique(key, return_inverse=True)
    first = np.searchsorted(distinct, np.arange(len(groups.starts) + 1, dtype=np.uint64) << np.uint64(32))
    ranks = np.zeros(len(activation), np.uint16)
    ranks[about] = np.minimum(at - first[owner.astype(np.intp)] + 1, _RANK_MAX)
    return ranks


def _rows(key: bytes) -> list[ShapeRow]:
    return [ShapeRow(key[at], key[at + 1], key[at + 2] | key[at + 3] << 8) for at in range(0, len(key), 4)]


class Alphabet:
    """The records a law is about, as numbers from 1 up; 0 is every other record.

    :param words: a kind, and its point or None if its point means nothing.
    """

    def __init__(self, *words: tuple[Kind, int | None]) -> None:
        self._words = words
        self._codes = np.zeros(KINDS * POINTS, np.uint8)
        for number, (kind, point) in enumerate(words, 1):
            points = range(POINTS) if point is None else (point,)
            self._codes[[code_of(kind, each) for each in points]] = number

    def encode(self, kind: U8, point: U8) -> U8:
        """Return the number of each record."""
        numbers: U8 = self._codes[codes(kind, point)]
        return numbers

    def read(self, rows: list[ShapeRow]) -> Iterator[tuple[int, ShapeRow, Kind, int]]:
        """Yield place, row, kind and point of each record the law is about."""
        for at, row in enumerate(rows):
            if row.code:
                kind, point = self._words[row.code - 1]
                yield at, row, kind, point or 0
