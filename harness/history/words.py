"""Which small numbers a record may hold, so that no checker meets a word it does not know; tables.

Journals are untrusted, and a checker that stumbles over an unknown kind would be a crash made by
whoever wrote the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from .columns import Records
from .layout import App, Callback, Field, Freed, Kind, Look, Outcome, Remains, Residue, Side
from .scenarios import Scenario
from .steps import POPS, PUSHES, Step

_ANY = range(256)
_NONE = (0,)

#: The points each kind may have.
POINTS: dict[Side, dict[Kind, Iterable[int]]] = {
    Side.SERVER: {
        Kind.ENTER: _NONE,
        Kind.STEP: Step,
        Kind.PUSH: PUSHES,
        Kind.POP: POPS,
        Kind.TEARDOWN: Callback,
        Kind.LEFT: _NONE,
        Kind.RETURN: _NONE,
        Kind.CHUNK: _NONE,
        Kind.EXIT: _NONE,
        Kind.LOOK: Look,
        Kind.CENSUS: Remains,
        Kind.RESIDUE: Residue,
        Kind.YIELD: _NONE,
    },
    Side.CLIENT: {
        Kind.INVOKE: _ANY,
        Kind.OBSERVE: Field,
        Kind.OK: _ANY,
        Kind.FAIL: _ANY,
        Kind.INFO: _ANY,
    },
}
#: A request that no client of ours sent has no scenario.
SCENARIOS = (0, *Scenario)
#: The details each kind of the server side may have; those of the client side are free.
DETAILS: dict[Kind, Iterable[int]] = {
    **dict.fromkeys(POINTS[Side.SERVER], SCENARIOS),
    Kind.TEARDOWN: Outcome,
    Kind.LEFT: Outcome,
    Kind.CENSUS: Freed,
    Kind.RESIDUE: _NONE,
}

Table = npt.NDArray[np.bool_]


def _pairs(allowed: dict[Kind, Iterable[int]]) -> Table:
    table = np.zeros((256, 256), dtype=np.bool_)
    for kind, words in allowed.items():
        table[kind, [int(word) for word in words]] = True
    return table


def _row(allowed: Iterable[int] | type[IntEnum]) -> Table:
    table = np.zeros(256, dtype=np.bool_)
    table[[int(word) for word in allowed]] = True
    return table


_POINTS = {side: _pairs(allowed) for side, allowed in POINTS.items()}
_DETAILS = _pairs(DETAILS)
_APPS = _row(App)
_SCENARIOS = _row(SCENARIOS)


def unknown_server_words(records: Records) -> str:
    """Name the first unknown word in committed server records, '' if all are known."""
    kind = records["kind"]
    if not (known := _POINTS[Side.SERVER][kind, records["point"]]).all():
        row = records[~known][0]
        return f"kind {row['kind']} at point {row['point']}"
    if not (known := _DETAILS[kind, records["detail"]]).all():
        row = records[~known][0]
        return f"kind {row['kind']} with detail {row['detail']}"
    if not (known := _APPS[records["app"]]).all():
        return f"app {records[~known][0]['app']}"
    return ""


def unknown_client_words(records: Records) -> str:
    """Name the first unknown word in committed client records, '' if all are known."""
    if not (known := _POINTS[Side.CLIENT][records["kind"], records["point"]]).all():
        row = records[~known][0]
        return f"kind {row['kind']} at point {row['point']}"
    if not (known := _SCENARIOS[records["scenario"]]).all():
        return f"scenario {records[~known][0]['scenario']}"
    return ""


UNKNOWN_WORDS: dict[Side, Callable[[Records], str]] = {
    Side.SERVER: unknown_server_words,
    Side.CLIENT: unknown_client_words,
}
