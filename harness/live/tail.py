"""A column's journals while they grow: what was committed since the last look, in batches.

The rule this file guards: *what leaves here is what the reader would let out at the end*: committed records,
in order, within the known words, of this run. A record that is begun and not committed holds its
journal back for a few looks (its writer is in the middle of it), then it is passed over, and the journal
counts as one with a gap.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.history.collect import SIDES
from harness.history.columns import DTYPES, Batch
from harness.history.facts import JournalFacts
from harness.history.header import HEADER_SIZE, Header, JournalError, unpack_header
from harness.history.layout import RECORD_SIZE
from harness.history.words import UNKNOWN_WORDS
from harness.store.runs import Column

#: Records taken from one journal in one look; the rest waits for the next.
ROWS_MAX = 32_768
#: Looks that an uncommitted record holds its journal back for.
PATIENCE = 10


@dataclass(slots=True)
class _Followed:
    """One journal, and how far it was read."""

    path: Path
    source: str
    header: Header | None = None
    row: int = 0  # the next record's number
    gaps: int = 0
    stuck: int = 0  # looks at the same uncommitted record with committed ones after it
    problem: str = ""


class Tail:
    """Follows the journals of one column of the run called *run*."""

    def __init__(self, column: Column, run: str) -> None:
        self._column = column
        self._run = run
        self._followed: dict[Path, _Followed] = {}

    def look(self) -> Iterator[Batch]:
        """Yield what was committed since the last look, at most :data:`ROWS_MAX` records a journal."""
        for path in (*self._column.client_journals(), *self._column.server_journals()):
            source = f"{path.parent.name}/{path.stem}"
            followed = self._followed.setdefault(path, _Followed(path, source))
            if followed.problem:
                continue
            try:
                batch = self._next(followed)
            except (OSError, JournalError) as error:
                followed.problem = str(error)
                continue
            if batch is not None:
                yield batch

    def facts(self) -> tuple[JournalFacts, ...]:
        """Return what is known of the journals so far: none is closed, so that nothing open is blamed."""
        return tuple(
            JournalFacts(
                one.header.side if one.header else SIDES[one.path.parent.name],
                one.source,
                one.header.pid if one.header else 0,
                one.row - one.gaps,
                closed=False,
                gaps=one.gaps,
                problem=one.problem,
            )
            for one in self._followed.values()
        )

    def _next(self, one: _Followed) -> Batch | None:
        handle = os.open(one.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise JournalError("it is not a regular file")
            header = one.header or self._header(one, handle)
            if header is None:
                return None
            data = os.pread(handle, ROWS_MAX * RECORD_SIZE, HEADER_SIZE + one.row * RECORD_SIZE)
        finally:
            os.close(handle)
        return self._committed(one, header, data)

    def _header(self, one: _Followed, handle: int) -> Header | None:
        page = os.pread(handle, HEADER_SIZE, 0)
        if len(page) < HEADER_SIZE or not page.strip(b"\0"):
            return None  # it is being made
        header, _ = unpack_header(page)
        if header.run_id != self._run or header.side is not SIDES[one.path.parent.name]:
            raise JournalError("it belongs to another run, or to another side")
        one.header = header
        return header

    def _committed(self, one: _Followed, header: Header, data: bytes) -> Batch | None:
        rows = len(data) // RECORD_SIZE
        records = np.frombuffer(data, DTYPES[header.side], rows)
        numbers = np.arange(one.row + 1, one.row + 1 + rows, dtype=np.uint64)
        committed = records["commit"] == numbers
        count = rows if committed.all() else int(np.argmin(committed))
        if not count:
            self._wait(one, passed=bool(committed.any()))
            return None
        one.stuck = 0
        whole = records[:count]
        if word := UNKNOWN_WORDS[header.side](whole):
            raise JournalError(f"one of its records holds {word}")
        first, one.row = one.row, one.row + count
        return Batch(header.side, one.source, header.pid, first, whole)

    @staticmethod
    def _wait(one: _Followed, *, passed: bool) -> None:
        """Wait for a record that others have passed, but not for ever."""
        one.stuck = one.stuck + 1 if passed else 0
        if one.stuck > PATIENCE:
            one.row, one.gaps, one.stuck = one.row + 1, one.gaps + 1, 0
