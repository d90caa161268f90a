"""Kinds and points of server records as one small number, tables over it, and their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.history.layout import Callback, Kind, Look, Remains, Residue
from harness.history.steps import Step

Bools: TypeAlias = npt.NDArray[np.bool_]
Codes: TypeAlias = npt.NDArray[np.uint16]

POINTS = 256
KINDS = 32

#: Kinds whose point is a Step of the cycle.
STEP_KINDS = (Kind.STEP, Kind.PUSH, Kind.POP)

#: What the point of each kind means; the kinds that are not here have none.
_NAMES: dict[int, Callable[[int], Step | Callback | Look | Remains | Residue]] = {
    **dict.fromkeys(STEP_KINDS, Step),
    Kind.TEARDOWN: Callback,
    Kind.LOOK: Look,
    Kind.CENSUS: Remains,
    Kind.RESIDUE: Residue,
}


def code_of(kind: int, point: int = 0) -> int:
    """Return the number of a checkpoint."""
    return kind * POINTS + point


def codes(kind: npt.NDArray[np.uint8], point: npt.NDArray[np.uint8]) -> Codes:
    """Return the numbers of the checkpoints of records."""
    numbers: Codes = kind.astype(np.uint16) * np.uint16(POINTS) + point
    return numbers


def table_of(codes: Iterable[int]) -> Bools:
    """Return a table that is True at *codes*, to be indexed with a column of codes."""
    table = np.zeros(KINDS * POINTS, np.bool_)
    table[list(codes)] = True
    return table


def label(kind: int, point: int) -> str:
    """Return how a sentence calls a checkpoint, such as ``before_request`` or ``enter``."""
    try:
        return (_NAMES[kind](point) if kind in _NAMES else Kind(kind)).name.lower()
    except ValueError:
        return f"an unknown checkpoint ({kind}, {point})"
