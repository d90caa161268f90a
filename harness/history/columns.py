"""Batches of events as columns; what checkers are fed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .layout import RECORD_SIZE, Side

Records: TypeAlias = npt.NDArray[np.void]

SERVER_DTYPE = np.dtype(
    [
        ("t", "<u8"),
        ("op", "<u8"),
        ("request", "<u8"),
        ("session", "<u8"),
        ("g", "<u8"),
        ("value", "<u8"),
        ("thread", "<u4"),
        ("greenlet", "<u4"),
        ("activation", "<u4"),
        ("point", "u1"),
        ("kind", "u1"),
        ("app", "u1"),
        ("detail", "u1"),
        ("commit", "<u8"),
    ]
)
CLIENT_DTYPE = np.dtype(
    [
        ("t", "<u8"),
        ("op", "<u8"),
        ("expected", "<u8"),
        ("value", "<u8"),
        ("session", "<u8"),
        ("connection", "<u4"),
        ("ordinal", "<u4"),
        ("thread", "<u4"),
        ("greenlet", "<u4"),
        ("spare", "<u4"),
        ("point", "u1"),
        ("kind", "u1"),
        ("scenario", "u1"),
        ("detail", "u1"),
        ("commit", "<u8"),
    ]
)
if not SERVER_DTYPE.itemsize == CLIENT_DTYPE.itemsize == RECORD_SIZE:
    raise AssertionError("both sides write records of one size")

DTYPES = {Side.SERVER: SERVER_DTYPE, Side.CLIENT: CLIENT_DTYPE}


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive committed records of one journal, in the order they were written.

    ``records`` is a structured array of :data:`SERVER_DTYPE` or :data:`CLIENT_DTYPE`, to be read
    only. A journal's batches arrive in order; those of different journals in any order.
    """

    side: Side
    source: str  # the journal's name in the run, such as "server/4711"
    pid: int
    first: int  # the number of records[0] in its journal
    records: Records
