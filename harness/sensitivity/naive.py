"""What simpler load tests would have found in the same history: two checks, pure folds over its client side.

*Status only* is what a load test without a look at the answers does. An operation fails it when it

- could not be sent, or was sent and not answered whole (FAIL, INFO);
- was answered with a status that its scenario does not allow: an error that was asked for is a success;
- was answered with a body that does not parse.

*Own user* is the same, and a look at whose page it is. An operation fails it, too, when it was sent in a
session and the answer names another user than the one who sent it, or none: each client of the load is
one user, whichever of its sessions the answer is of. What the view saw before and after its pause is both
looked at, which is more than most such tests do. Nothing else of the answer is: no header, no cookie, no
request data, no log of the session, no id, no value, no other response, and no answer to a caller who is
not logged in. Whose page a shared cache gave away is not looked at either: such tests have none in front.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.history.canary import ABSENT
from harness.history.columns import Batch, Records
from harness.history.layout import Field, Kind, Side
from harness.history.scenarios import LEGAL

Bools: TypeAlias = npt.NDArray[np.bool_]
#: Says which records of a client's batch fail a check.
Look: TypeAlias = Callable[[Records], Bools]

#: A canary's load worker and client, which are one user.
_USER_SHIFT = np.uint64(32)
_USER_MASK = np.uint64(0xFFFFFFF)
_STATUS_MAX = 999


def _legal_statuses() -> Bools:
    table = np.zeros((256, _STATUS_MAX + 1), np.bool_)
    for scenario, legal in LEGAL.items():
        table[scenario, list(legal.statuses)] = True
    return table


_LEGAL = _legal_statuses()


def status_only(records: Records) -> Bools:
    """Return which records of a client's journal a check of the status alone fails on."""
    kind, value = records["kind"], records["value"]
    unanswered = (kind == Kind.FAIL) | (kind == Kind.INFO)
    status = np.where(value > _STATUS_MAX, 0, value).astype(np.intp)
    illegal = (kind == Kind.OK) & ~_LEGAL[records["scenario"], status]
    garbled = (kind == Kind.OBSERVE) & (records["point"] == Field.BODY_PARSED) & (value != 1)
    failed: Bools = unanswered | illegal | garbled
    return failed


def own_user(records: Records) -> Bools:
    """Return which records fail :func:`status_only`, or tell of another user than the one who asked."""
    names = (records["kind"] == Kind.OBSERVE) & (records["point"] == Field.SESSION)
    due, seen = records["expected"], records["value"]
    other = (due >> _USER_SHIFT & _USER_MASK) != (seen >> _USER_SHIFT & _USER_MASK)
    failed: Bools = status_only(records) | (names & (due != ABSENT) & ((seen == ABSENT) | other))
    return failed


class Naive:
    """A naive check at work on one column's history; feed it batches in any order."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._operations: set[int] = set()
        self._first_ns: int | None = None

    def feed(self, batch: Batch) -> None:
        """Take in a batch; the target's side is not looked at."""
        if batch.side is not Side.CLIENT:
            return
        records = batch.records
        failed = self._look(records)
        if not failed.any():
            return
        self._operations.update(records["op"][failed].tolist())
        first_ns = int(records["t"][failed].min())
        self._first_ns = first_ns if self._first_ns is None else min(self._first_ns, first_ns)

    @property
    def failed(self) -> int:
        """How many operations failed the check."""
        return len(self._operations)

    @property
    def first_ns(self) -> int | None:
        """When the first of them did, on the clients' clock; None if none did."""
        return self._first_ns


class Invocations:
    """When each operation was sent, so that a moment can be told in operations."""

    def __init__(self) -> None:
        self._times: list[npt.NDArray[np.uint64]] = []

    def feed(self, batch: Batch) -> None:
        """Take in a batch; only the clients' matters."""
        if batch.side is Side.CLIENT:
            self._times.append(batch.records["t"][batch.records["kind"] == Kind.INVOKE].copy())

    @property
    def operations(self) -> int:
        """How many were sent."""
        return sum(len(times) for times in self._times)

    def until(self, moment_ns: int | None) -> int | None:
        """Return how many were sent up to a moment of the clients' clock; None for no moment.

        Both sides of a column share that clock: they run on one host.
        """
        if moment_ns is None:
            return None
        return sum(int((times <= np.uint64(moment_ns)).sum()) for times in self._times)
