"""Whole operations out of a stream of interleaved records.

The rule this file guards: *a law about a whole operation is applied to the whole operation.*
Records are grouped by operation, from its ENTER to its EXIT, and handed out when the group is
complete; only open operations are carried over. Carrying over whole records rather than the state
of an automaton makes the cut into batches invisible by construction.

An operation that has been silent for :data:`SILENCE` records of its journal is given up, so that a
target that never closes its bodies can't fill the memory; it is counted, and makes a doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from harness.history.columns import SERVER_DTYPE, Batch, Records
from harness.history.event import Event
from harness.history.facts import ColumnFacts
from harness.history.layout import Kind

from .checkpoints import Bools
from .crowding import Crowding
from .operation_set import OperationSet
from .sentences import plural
from .view import U8, U32, U64, Rows, View, event_of, without_records

#: Records of a journal after which an operation that adds none of its own is given up. A worker
#: writes some 25 for an operation, so more than 10,000 others have passed by then.
SILENCE = 1 << 18


_BYTES = 256  # values of a column of bytes
#: The columns that laws about whole operations are judged by.
_COLUMNS = ("op", "kind", "point", "detail", "activation", "value")


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of records sorted by operation, and in the order they were written within each."""

    op: U64
    kind: U8
    point: U8
    detail: U8
    activation: U32
    value: U64


@dataclass(frozen=True, slots=True)
class Groups:
    """Group *i* is the rows from ``starts[i]`` to ``ends[i]``; rows in between belong to none."""

    source: Batch  # whose journal; without its records
    columns: Columns
    numbers: Rows  # of the records in their journal
    starts: Rows
    ends: Rows
    pool: _Pool

    def event(self, row: int) -> Event:
        """Return one record as a witness."""
        return event_of(self.source, self.pool.take(np.array([row])), int(self.numbers[row]))


@dataclass(frozen=True, slots=True)
class _Pool:
    """Where the whole records of the sorted rows are: copying them all costs more than sorting."""

    order: Rows  # sorted row -> row of `held`, then of `fresh`
    held: Records
    fresh: Records  # the batch's
    rows: Rows  # which of the batch's were chosen

    def take(self, chosen: Bools | Rows) -> Records:
        """Return the whole records of the chosen sorted rows."""
        at = self.order[chosen]
        here = at < len(self.held)
        records = np.empty(len(at), SERVER_DTYPE)
        records[here] = self.held[at[here]]
        records[~here] = self.fresh[self.rows[at[~here] - len(self.held)]]
        return records


@dataclass(frozen=True, slots=True)
class Assembled:
    """What one batch completed: whole operations, and records of operations that are not open."""

    whole: Groups
    strays: Groups


@dataclass(slots=True)
class _Open:
    """The open operations of one journal; their records, grouped as in Groups."""

    source: Batch
    records: Records
    numbers: Rows
    passed: U64  # operations whose thread or greenlet has let the next one in since

    def note_passed(self, view: View) -> None:
        """Note which open operations' workers entered another one in this batch."""
        starts, _ = self.groups()
        opened = view.openings
        if not len(starts) or not len(opened):
            return
        operations, entered = self.records["op"][starts], self.numbers[starts]
        mine, theirs = _worker(self.records[starts]), _worker(view.records[opened])
        workers, at = np.unique(theirs[::-1], return_index=True)
        latest = (view.first + opened)[::-1][at]
        place = np.minimum(np.searchsorted(workers, mine), len(workers) - 1)
        passed = (workers[place] == mine) & (latest[place] > entered)
        self.passed = np.unique(
            np.concatenate([self.passed[np.isin(self.passed, operations)], operations[passed]])
        )

    def groups(self) -> tuple[Rows, Rows]:
        """Return where each operation starts and ends."""
        starts = np.flatnonzero(self.records["kind"] == Kind.ENTER)
        return starts, np.append(starts[1:], len(self.records))


class Assembly:
    """Groups the records of the given kinds by operation, for each journal.

    :param silence: see :data:`SILENCE`, which it is by default.
    :param most: operations open at once, see :mod:`.crowding`.
    """

    def __init__(self, kinds: Iterable[Kind], silence: int | None = None, most: int | None = None) -> None:
        self.crowding = Crowding(most)
        self._kinds = np.zeros(_BYTES, np.bool_)
        self._kinds[[Kind.ENTER, Kind.EXIT, *kinds]] = True
        self._silence = SILENCE if silence is None else silence
        self._open: dict[str, _Open] = {}
        self._silent: dict[str, OperationSet] = {}

    @property
    def silent(self) -> int:
        """How many operations were given up."""
        return sum(len(one) for one in self._silent.values())

    @property
    def carried(self) -> int:
        """How many records are carried over."""
        return sum(len(held.records) for held in self._open.values())

    def feed(self, view: View) -> Assembled:
        """Take in the next batch of a server journal; return what it completed."""
        judged = self.crowding.feed(view)
        rows = np.flatnonzero(self._kinds[view.kind[:judged]] & view.known[:judged])
        end = view.first + judged
        held = self._open.get(view.source)
        if held is None:
            held = self._open[view.source] = _none_open(view)
        touched = _touched(held.records, view.op[rows])
        pool, columns, numbers = _sort(held, touched, view, rows)
        cut = _cut(columns, numbers, self._silence)
        over = end - numbers[cut.ends - 1] > self._silence
        silent = cut.silent | (cut.pending & over)
        self._give_up(view.source, columns.op[cut.starts[silent]])
        pending = np.repeat(cut.pending & ~over, cut.ends - cut.starts)
        held.records = np.concatenate([held.records[~touched], pool.take(pending)])
        held.numbers = np.concatenate([held.numbers[~touched], numbers[pending]])
        self._expire(held, end)
        if judged == len(view):
            held.note_passed(view)
        else:
            self._open[view.source] = _none_open(view)
        stray = self._strays(view.source, columns, cut)
        return Assembled(
            Groups(held.source, columns, numbers, cut.starts[cut.whole], cut.ends[cut.whole], pool),
            Groups(held.source, columns, numbers, cut.starts[stray], cut.ends[stray], pool),
        )

    def rest(self, facts: ColumnFacts) -> Iterator[tuple[Groups, Groups]]:
        """Yield, for each journal, the open operations to be judged and those that were cut off.

        Cut off are those of a process that did not close its journal: it was killed. But an
        operation whose thread or greenlet went on to another one had been left open before that.
        Where records were lost at the end of a journal, nothing is known of the others: neither.
        """
        lost = {journal.source for journal in facts.journals if journal.lost}
        closed = {journal.source for journal in facts.journals if journal.closed} - lost
        for source in sorted(self._open):
            held = self._open[source]
            if len(held.records):
                starts, ends = held.groups()
                everything = np.arange(len(held.records))
                pool = _Pool(everything, held.records, held.records, everything)  # none is fresh
                columns = Columns(*(np.ascontiguousarray(held.records[name]) for name in _COLUMNS))
                ended = np.isin(columns.op[starts], held.passed) | (source in closed)
                cut = ~ended & (source not in lost)
                yield (
                    Groups(held.source, columns, held.numbers, starts[ended], ends[ended], pool),
                    Groups(held.source, columns, held.numbers, starts[cut], ends[cut], pool),
                )

    def doubts(self, purpose: str) -> Iterator[str]:
        """Say what is not judged; *purpose* is what a silent operation was too long silent for."""
        yield from self.crowding.doubts()
        if self.silent:
            yield (
                f"{plural(self.silent, 'operation')} entered the target and then fell silent without leaving "
                f"it, too long {purpose}: the target does not close its bodies, or hangs."
            )

    def _expire(self, held: _Open, end: int) -> None:
        """Give up those operations that this batch did not touch and that are silent by now."""
        if not len(held.records):
            return
        starts, ends = held.groups()
        over = end - held.numbers[ends - 1] > self._silence
        if over.any():
            self._give_up(held.source.source, held.records["op"][starts[over]])
            kept = np.repeat(~over, ends - starts)
            held.records, held.numbers = held.records[kept], held.numbers[kept]

    def _give_up(self, source: str, operations: U64) -> None:
        if operations.size:
            self._silent.setdefault(source, OperationSet()).add(operations)

    def _strays(self, source: str, columns: Columns, cut: _Cut) -> Bools:
        """Return the groups of operations that are not open, less those that were given up."""
        silent = self._silent.get(source)
        if silent is None or not cut.stray.any():
            return cut.stray
        return cut.stray & ~silent.has(columns.op[cut.starts])


def _none_open(view: View) -> _Open:
    source = without_records(view.batch)
    none = source.records
    return _Open(source, none, np.arange(len(none)), none["op"])


def _worker(records: Records) -> U64:
    """Return the thread and the greenlet of each record as one number."""
    worker: U64 = records["thread"].astype(np.uint64) << np.uint64(32) | records["greenlet"]
    return worker


def _sort(held: _Open, touched: Bools, view: View, rows: Rows) -> tuple[_Pool, Columns, Rows]:
    """Return the held and the fresh records together, sorted by operation."""
    before = held.records[touched]
    order = np.argsort(np.concatenate([before["op"], view.op[rows]]), kind="stable")
    columns = Columns(*(np.concatenate([before[name], view.column(name)[rows]])[order] for name in _COLUMNS))
    numbers = np.concatenate([held.numbers[touched], rows + view.first])[order]
    return _Pool(order, before, view.records, rows), columns, numbers


@dataclass(frozen=True, slots=True)
class _Cut:
    """Sorted records cut into groups, and what each group is."""

    starts: Rows
    ends: Rows
    whole: Bools  # from its ENTER to its EXIT, or to its next ENTER
    pending: Bools  # from its ENTER, and may go on
    silent: Bools  # from its ENTER to a silence that was too long
    stray: Bools  # without an ENTER


def _cut(columns: Columns, numbers: Rows, silence: int) -> _Cut:
    op, kind = columns.op, columns.kind
    if not len(op):
        none, no = np.empty(0, np.intp), np.empty(0, np.bool_)
        return _Cut(none, none, no, no, no, no)
    other = op[1:] != op[:-1]
    breaks = other | (kind[:-1] == Kind.EXIT) | (kind[1:] == Kind.ENTER)
    quiet = ~breaks & (numbers[1:] - numbers[:-1] > silence)
    starts = np.flatnonzero(np.concatenate([[True], breaks | quiet]))
    ends = np.append(starts[1:], len(op))
    entered = kind[starts] == Kind.ENTER
    left = kind[ends - 1] == Kind.EXIT
    goes_on = np.append(~other[ends[:-1] - 1], False)  # the next group is of the same operation
    went_silent = np.append(quiet[ends[:-1] - 1], False)
    return _Cut(
        starts,
        ends,
        whole=entered & (left | (goes_on & ~went_silent)),
        pending=entered & ~left & ~goes_on,
        silent=entered & ~left & goes_on & went_silent,
        stray=~entered,
    )


def _touched(held: Records, operations: U64) -> Bools:
    """Return which held records to group again: all, unless there are more than came in."""
    if len(held) <= len(operations):
        return np.ones(len(held), np.bool_)
    return np.isin(held["op"], operations)
