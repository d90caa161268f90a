"""A batch as checkers see it: the columns they share, derived once, and what opened before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.history.canary import ABSENT, UNMARKED, CanaryKind, split_canary
from harness.history.columns import DTYPES, Batch, Records
from harness.history.event import Event, event_at
from harness.history.layout import Kind, Side

from .checkpoints import Bools, Codes, codes

U64: TypeAlias = npt.NDArray[np.uint64]
U32: TypeAlias = npt.NDArray[np.uint32]
U8: TypeAlias = npt.NDArray[np.uint8]
Rows: TypeAlias = npt.NDArray[np.intp]

#: How many of a journal's latest ENTER or INVOKE records are kept, to name the owner of a foreign
#: canary with. A number of records, so that it does not depend on how the history was cut.
RECENT = 1024

_OPENING = {Side.SERVER: Kind.ENTER, Side.CLIENT: Kind.INVOKE}
#: The column of an opening record that holds the session the operation was sent with.
_SESSION_COLUMN = {Side.SERVER: "value", Side.CLIENT: "session"}


@dataclass(frozen=True, slots=True)
class Openings:
    """The latest ENTER or INVOKE records of a journal before a batch, oldest first."""

    records: Records
    numbers: Rows


class View:
    """One batch, and its columns as contiguous arrays; nothing of it is ever changed."""

    def __init__(self, batch: Batch, before: Openings) -> None:
        self.batch = batch
        self.side = batch.side
        self.source = batch.source
        self.records = batch.records
        self._before = before
        self._columns: dict[str, npt.NDArray[Any]] = {}

    def __len__(self) -> int:
        return len(self.records)

    @property
    def first(self) -> int:
        """The number of the first record in its journal."""
        return self.batch.first

    @property
    def end(self) -> int:
        """The number of the record after the last."""
        return self.batch.first + len(self.records)

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return a column as a contiguous array; it is made once."""
        made = self._columns.get(name)
        if made is None:
            made = self._columns[name] = np.ascontiguousarray(self.records[name])
        return made

    @property
    def op(self) -> U64:
        """The canary of the operation each record belongs to."""
        return self.column("op")

    @property
    def kind(self) -> U8:
        """The kind of each record."""
        return self.column("kind")

    @property
    def point(self) -> U8:
        """The point of each record."""
        return self.column("point")

    @property
    def value(self) -> U64:
        """The value of each record."""
        return self.column("value")

    @property
    def request(self) -> U64:
        """Server side: what `request` held."""
        return self.column("request")

    @property
    def session(self) -> U64:
        """What `session` held (server side), the session sent (client side)."""
        return self.column("session")

    @property
    def g(self) -> U64:
        """Server side: what `g` held."""
        return self.column("g")

    @property
    def app(self) -> U8:
        """Server side: what `current_app` held."""
        return self.column("app")

    @cached_property
    def code(self) -> Codes:
        """Kind and point of each record as one number, see ``checkpoints.code_of``."""
        return codes(self.kind, self.point)

    @cached_property
    def known(self) -> Bools:
        """Where the record belongs to an operation of ours; elsewhere there is no ground truth."""
        known: Bools = (self.op != ABSENT) & (self.op != UNMARKED)
        return known

    @cached_property
    def own_request(self) -> Bools:
        """Server side: where `request` is the operation's own."""
        own: Bools = self.request == self.op
        return own

    @cached_property
    def observed(self) -> Bools:
        """Client side: OBSERVE records."""
        observed: Bools = self.kind == Kind.OBSERVE
        return observed

    @cached_property
    def unexpected(self) -> Bools:
        """Client side: OBSERVE records whose value is not the expected one."""
        unexpected: Bools = self.observed & (self.value != self.column("expected"))
        return unexpected

    @cached_property
    def observed_points(self) -> npt.NDArray[np.int64]:
        """Client side: how many OBSERVE records there are of each field."""
        return np.bincount(self.point[self.observed], minlength=256)

    @cached_property
    def openings(self) -> Rows:
        """The rows that open an operation: ENTER or INVOKE."""
        return np.flatnonzero(self.kind == _OPENING[self.side])

    def event(self, row: int) -> Event:
        """Return one record as a witness."""
        return event_at(self.batch, row)

    def owner(self, canary: int, row: int) -> Event | None:
        """Return what opened the operation that *canary* belongs to, if that is in reach.

        In reach are the last :data:`RECENT` openings of the same journal before *row*. A
        session's owner is the latest operation that was sent with it.
        """
        kind = split_canary(canary).kind
        if kind == CanaryKind.OPERATION:
            return self._opening("op", canary, row)
        if kind == CanaryKind.SESSION:
            return self._opening(_SESSION_COLUMN[self.side], canary, row)
        return None

    def owner_besides(self, operation: int, canary: int, row: int) -> Event | None:
        """Return the owner of *canary*, None if that is *operation* itself."""
        owner = self.owner(canary, row)
        return None if owner is None or owner["op"] == operation else owner

    def _opening(self, column: str, value: int, row: int) -> Event | None:
        here = self.openings[: np.searchsorted(self.openings, row)][-RECENT:]
        hits = np.flatnonzero(self.records[column][here] == np.uint64(value))
        if hits.size:
            return self.event(int(here[hits[-1]]))
        skip = max(len(self._before.records) - (RECENT - len(here)), 0)
        hits = np.flatnonzero(self._before.records[column][skip:] == np.uint64(value))
        if not hits.size:
            return None
        at = skip + int(hits[-1])
        return event_of(self.batch, self._before.records[[at]], int(self._before.numbers[at]))


def event_of(batch: Batch, record: Records, number: int) -> Event:
    """Return a record kept from an earlier batch of the same journal as a witness."""
    return event_at(replace(batch, first=number, records=record), 0)


def without_records(batch: Batch) -> Batch:
    """Return whose journal a batch is of; a slice of its records would keep all of them in memory."""
    return replace(batch, records=batch.records[:0].copy())


class Views:
    """Makes views; a fold of its own, that carries over each journal's latest openings."""

    def __init__(self) -> None:
        self._before: dict[str, Openings] = {}

    def of(self, batch: Batch) -> View:
        """Return the view of the next batch of its journal."""
        before = self._before.get(batch.source)
        if before is None:
            none = np.empty(0, DTYPES[batch.side])
            before = Openings(none, np.arange(len(none)))
        view = View(batch, before)
        opened = view.openings[-RECENT:]
        if opened.size:
            records = np.concatenate([before.records, batch.records[opened]])[-RECENT:]
            numbers = np.concatenate([before.numbers, opened + batch.first])[-RECENT:]
            self._before[batch.source] = Openings(records.copy(), numbers.copy())
        return view
