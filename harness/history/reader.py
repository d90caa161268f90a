"""Read journals back as batches of columns. Journals are untrusted: a spool may come from anywhere.

The rule this file guards: *what leaves here is committed, in order, and within the known words.*
Opening a journal looks at every record once (its commit word and its small numbers), so that no
checker meets an unknown kind, step or outcome. The file is mapped, never copied, and what was
looked at is unmapped again batch by batch: ten million records cost a few megabytes.
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .columns import DTYPES, Batch, Records
from .facts import JournalFacts
from .header import HEADER_SIZE, Ending, Header, JournalError, unpack_header
from .layout import RECORD_SIZE, Side
from .words import UNKNOWN_WORDS

__all__ = ["Journal", "JournalError", "open_journal"]

Rows: TypeAlias = npt.NDArray[np.intp]

#: Rows looked at together while opening.
_SCAN_ROWS = 65_536
#: More holes than this are no accident; the journal is refused rather than cut to dust.
_HOLES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class _Pages:
    """The records of a file, mapped, with what it takes to unmap those looked at."""

    records: Records
    mapped: mmap.mmap | None  # None: there are no records, and nothing can't be mapped

    def chunks(self, first: int = 0) -> Iterator[tuple[int, Records]]:
        """Yield the rows from *first* on, a chunk at a time, each with its first row's number."""
        for start in range(first, len(self.records), _SCAN_ROWS):
            yield start, self.records[start : start + _SCAN_ROWS]
            self.release()

    def release(self) -> None:
        """Give the mapped pages back. They stay in the page cache: a view of them stays good."""
        if self.mapped is not None:
            self.mapped.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True, slots=True)
class Journal:
    """One journal, opened. ``facts`` say how it ended; ``batches`` give its committed records."""

    facts: JournalFacts
    header: Header
    _pages: _Pages
    _holes: tuple[int, ...]  # rows before the last committed one that are not committed

    def batches(self, rows: int = 65_536) -> Iterator[Batch]:
        """Yield the committed records in order, at most *rows* at a time, none across a hole."""
        facts = self.facts
        start = 0
        for end in (*self._holes, facts.committed + len(self._holes)):
            for first in range(start, end, rows):
                records = self._pages.records[first : min(first + rows, end)]
                yield Batch(facts.side, facts.source, facts.pid, first, records)
                self._pages.release()
            start = end + 1


@dataclass(slots=True)
class _Scan:
    """What a look at the commit words of a journal found."""

    committed: int = 0
    last: int = -1  # the last committed row
    holes: list[int] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)  # holes, if a committed row follows

    def uncommitted(self, rows: Rows) -> None:
        """Note rows that will be holes if a committed one follows."""
        # Of a tail of millions of empty rows no more is kept than it takes to refuse it.
        self.pending += rows[: _HOLES_MAX + 1 - len(self.pending)].tolist()

    def commit(self, count: int, last: int) -> None:
        """Note *count* committed rows, the last of which is *last*."""
        self.holes += self.pending
        self.pending.clear()
        if len(self.holes) > _HOLES_MAX:
            raise JournalError(f"more than {_HOLES_MAX:,} of its records are missing")
        self.committed += count
        self.last = last


def open_journal(path: str | os.PathLike[str], source: str, run_id: str = "") -> Journal:
    """Open and check the journal at *path*; *source* is its name in the run.

    :param run_id: the run it has to belong to, if that is known.
    :raises JournalError: one clear line, for a file that is not one or holds unknown words.
    """
    try:
        header, ending, pages = _open(Path(path))
        if run_id and header.run_id != run_id:
            raise JournalError(f"it belongs to run {header.run_id!r}, not to {run_id!r}")
        scan = _scan(pages, header.side)
    except OSError as error:
        raise JournalError(f"journal {source} can't be read: {error.strerror or error}") from None
    except (JournalError, ValueError) as error:
        raise JournalError(f"journal {source} can't be read: {error}") from None
    facts = _judge(header, ending, scan, pages, source)
    return Journal(facts, header, pages, tuple(scan.holes))


def _open(path: Path) -> tuple[Header, Ending, _Pages]:
    """Return the header's two parts and the records, mapped; open no pipe and follow no link."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise JournalError("it is not a regular file")
    with path.open("rb") as file:
        header, ending = unpack_header(file.read(HEADER_SIZE))
        dtype = DTYPES[header.side]
        rows = (os.fstat(file.fileno()).st_size - HEADER_SIZE) // RECORD_SIZE
        if not rows:
            return header, ending, _Pages(np.empty(0, dtype), None)
        mapped = mmap.mmap(file.fileno(), HEADER_SIZE + rows * RECORD_SIZE, access=mmap.ACCESS_READ)
    records = np.frombuffer(mapped, dtype, rows, HEADER_SIZE)
    return header, ending, _Pages(records, mapped)


def _scan(pages: _Pages, side: Side) -> _Scan:
    """Look at every row once, a chunk at a time."""
    scan = _Scan()
    unknown = UNKNOWN_WORDS[side]
    for start, chunk in pages.chunks():
        committed = chunk["commit"] == np.arange(start + 1, start + 1 + len(chunk), dtype=np.uint64)
        count = int(np.count_nonzero(committed))
        missing = np.flatnonzero(~committed) + start
        if not count:
            scan.uncommitted(missing)
            continue
        last = int(np.flatnonzero(committed)[-1]) + start
        scan.uncommitted(missing[missing < last])
        scan.commit(count, last)
        scan.uncommitted(missing[missing > last])
        if word := unknown(chunk if count == len(chunk) else chunk[committed]):
            raise JournalError(f"one of its records {start:,} to {last:,} holds {word}")
    return scan


def _judge(header: Header, ending: Ending, scan: _Scan, pages: _Pages, source: str) -> JournalFacts:
    """Say what is missing, and what of it a kill explains."""
    begun = _begun(pages, scan.last)
    missing = len(scan.holes) + begun
    torn = 0
    if ending.closed:
        gaps = max(missing, abs(ending.stored - scan.committed))
    else:
        torn = _explained([*scan.holes, *[scan.last + 1] * begun], pages) if missing else 0
        gaps = missing - torn + (len(pages.records) < ending.claimed)
    return JournalFacts(
        header.side,
        source,
        header.pid,
        scan.committed,
        ending.closed,
        lost=ending.lost,
        torn=torn,
        gaps=gaps,
    )


def _begun(pages: _Pages, last: int) -> int:
    """Count the rows after the last committed one that hold anything."""
    begun = 0
    for _, chunk in pages.chunks(last + 1):
        words = chunk.view(np.uint64).reshape(len(chunk), RECORD_SIZE // 8)
        begun += int(np.count_nonzero(words.any(axis=1)))
    return begun


def _explained(holes: list[int], pages: _Pages) -> int:
    """Count the holes that a kill explains: each takes a thread that wrote nothing after it.

    A thread that was killed while it wrote had one record in hand. One that went on writing left no
    hole behind, so a hole in the middle of its records is a gap.
    """
    lasts = sorted(_last_records(pages)) or [-1]
    explained = 0
    for hole in sorted(holes):
        if explained < len(lasts) and lasts[explained] < hole:
            explained += 1
    return explained


def _last_records(pages: _Pages) -> Iterable[int]:
    """Return the number of the last record of each real thread that wrote."""
    last: dict[int, int] = {}
    for start, chunk in pages.chunks():
        numbers = np.arange(start + 1, start + 1 + len(chunk), dtype=np.uint64)
        written = np.flatnonzero(chunk["commit"] == numbers)
        threads = chunk["thread"][written]
        # Reversed, so that the first place of each thread is its last record.
        names, places = np.unique(threads[::-1], return_index=True)
        for name, place in zip(names.tolist(), places.tolist(), strict=True):
            last[name] = start + int(written[len(written) - 1 - place])
    return last.values()
