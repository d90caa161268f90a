"""What a run went through: how often each checkpoint was reached, and where workers switched; a fold.

A *switch* is what EVIDENCE counts: two records in a row in one journal that belong to different
operations, the first of which has not left the target. Here each is counted by its two ends: where one
operation was interrupted, and where the other went on. What was never reached is as telling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .canary import ABSENT, UNMARKED
from .columns import Batch
from .layout import Callback, Kind, Look, Side
from .steps import POPS, PUSHES, Step

#: Interleavings kept, the busiest first.
BUSIEST = 8
#: Kinds of the target's side start here; there are fewer than 16, with fewer than 32 points each.
_FIRST_KIND = 16
_POINTS = 32
_CODES = 16 * _POINTS
_EXIT = (Kind.EXIT - _FIRST_KIND) * _POINTS


@dataclass(frozen=True, slots=True)
class Interleaving:
    """One way a worker switched: interrupted there, another operation went on here."""

    interrupted: str  # "view_before_yield", "before_request", "enter", ...
    went_on: str
    count: int


@dataclass(frozen=True, slots=True)
class Exercise:
    """What the target's journals of one column went through."""

    steps: tuple[tuple[str, int], ...] = ()  # every step in the cycle's order, and how often
    looks: tuple[tuple[str, int], ...] = ()  # every look of a probe
    switches: int = 0
    ways: int = 0  # different interleavings among them
    busiest: tuple[Interleaving, ...] = ()


class Exercising:
    """Counts one column; feed it each journal's batches in order, the journals in any."""

    def __init__(self) -> None:
        self._reached = np.zeros(_CODES, np.int64)
        self._pairs = np.zeros(_CODES * _CODES, np.int64)
        self._last: dict[str, tuple[int, int, int]] = {}  # source -> next number, operation, code

    def feed(self, batch: Batch) -> None:
        """Take in a batch; the clients' journals hold nothing of it."""
        records = batch.records
        if batch.side is not Side.SERVER or not len(records):
            return
        kind = records["kind"].astype(np.int64)
        code = (np.clip(kind - _FIRST_KIND, 0, 15) * _POINTS) + np.minimum(records["point"], _POINTS - 1)
        op = np.ascontiguousarray(records["op"])
        self._reached += np.bincount(code, minlength=_CODES)
        number, last_op, last_code = self._last.get(batch.source, (-1, 0, _EXIT))
        if number == batch.first:
            op, code = np.append(np.uint64(last_op), op), np.append(last_code, code)
        known = (op[:-1] != ABSENT) & (op[:-1] != UNMARKED)
        at = np.flatnonzero((op[1:] != op[:-1]) & known & (code[:-1] != _EXIT))
        np.add.at(self._pairs, code[at] * _CODES + code[at + 1], 1)
        self._last[batch.source] = (batch.first + len(records), int(op[-1]), int(code[-1]))

    def finish(self) -> Exercise:
        """Return what was counted."""
        if not self._reached.any():
            return Exercise()
        order = np.argsort(-self._pairs, kind="stable")[:BUSIEST]
        busiest = [
            Interleaving(_name(int(at) // _CODES), _name(int(at) % _CODES), int(self._pairs[at]))
            for at in order
            if self._pairs[at]
        ]
        return Exercise(
            tuple((step.label, self._count(_kind_of(step), step)) for step in Step),
            tuple((look.name.lower(), self._count(Kind.LOOK, look)) for look in Look),
            int(self._pairs.sum()),
            int(np.count_nonzero(self._pairs)),
            tuple(busiest),
        )

    def _count(self, kind: Kind, point: int) -> int:
        return int(self._reached[(kind - _FIRST_KIND) * _POINTS + point])


def _kind_of(step: Step) -> Kind:
    return Kind.PUSH if step in PUSHES else Kind.POP if step in POPS else Kind.STEP


def _names() -> npt.NDArray[np.object_]:
    names = np.full(_CODES, "an unknown point", object)
    for kind in Kind:
        if kind >= _FIRST_KIND:
            names[(kind - _FIRST_KIND) * _POINTS] = kind.name.lower()
    for step in Step:
        names[(_kind_of(step) - _FIRST_KIND) * _POINTS + step] = step.label
    for look in Look:
        names[(Kind.LOOK - _FIRST_KIND) * _POINTS + look] = look.name.lower()
    for callback in Callback:
        names[(Kind.TEARDOWN - _FIRST_KIND) * _POINTS + callback] = f"the ledger's {callback.name.lower()}"
    return names


_NAMES = _names()


def _name(code: int) -> str:
    return str(_NAMES[code])
