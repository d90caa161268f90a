"""What the master has of each Locust worker's recording; written where the run's evidence lies.

The rule this file guards: **what a worker sends is untrusted, and a gap is never papered over.** Bytes
are taken only at the size reached so far, whole records only, up to a limit, into a file whose name
is the master's choice; and a recording counts as complete only if END named exactly this size.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from harness.history.header import HEADER_SIZE, JournalError, unpack_header
from harness.history.layout import RECORD_SIZE, Side

from .wire import CHUNK_BYTES_MAX, DETAILS, JOURNAL, STREAMS, Chunk, End


@dataclass(frozen=True, slots=True)
class Places:
    """Where one worker's recording goes, and how large it may grow."""

    journal: Path
    details: Path
    bytes_max: int


class Receipt:
    """One worker's recording, as far as it has arrived. Its methods never raise for bad input.

    ``problem`` says in a sentence why it will never be complete; '' while it may be.
    """

    def __init__(self, who: str, run: str, places: Places) -> None:
        self.who = who
        self.problem = ""
        self.complete = False
        self._run = run
        self._places = places
        self._sizes = dict.fromkeys(STREAMS, 0)

    @property
    def records(self) -> int:
        """How many records have arrived."""
        return max(0, self._sizes[JOURNAL] - HEADER_SIZE) // RECORD_SIZE

    def size(self, stream: str) -> int:
        """Return how much of a stream has arrived."""
        return self._sizes[stream]

    def take(self, chunk: Chunk) -> int:
        """Write a chunk if it continues its stream; return the size reached (what to acknowledge)."""
        if chunk.stream not in self._sizes:
            self.refuse("it sent a stream that does not exist")
            return 0
        size = self._sizes[chunk.stream]
        if self.problem or self.complete or chunk.offset != size:
            return size  # repeated or early: the answer tells the worker where to go on
        if reason := self._objection(chunk, size):
            self.refuse(reason)
            return size
        self._sizes[chunk.stream] = size + self._write(chunk.stream, size, chunk.data)
        return self._sizes[chunk.stream]

    def finish(self, end: End) -> bool:
        """Take the worker's END; return whether its recording is complete."""
        if self.complete or self.problem:
            return self.complete
        if (end.journal_size, end.details_size) != (self._sizes[JOURNAL], self._sizes[DETAILS]):
            return False  # something is still on its way, or lost
        if reason := self._header_objection(end.header, closing=True):
            self.refuse(reason)
        elif self._write(JOURNAL, 0, end.header) == HEADER_SIZE:
            self.complete = True
        return self.complete

    def refuse(self, reason: str) -> None:
        """Note why this recording can't be trusted; the first reason stays."""
        self.problem = self.problem or f"the recording of {self.who} was refused: {reason}"

    def _objection(self, chunk: Chunk, size: int) -> str:
        if not 0 < len(chunk.data) <= CHUNK_BYTES_MAX:
            return f"it sent {len(chunk.data)} bytes at once"
        if sum(self._sizes.values()) + len(chunk.data) > self._places.bytes_max:
            return f"it is larger than {self._places.bytes_max} bytes (--disk-max-mb)"
        if chunk.stream != JOURNAL:
            return ""
        if size == 0:
            return self._header_objection(chunk.data, closing=False)
        return "it sent a part of a record" if len(chunk.data) % RECORD_SIZE else ""

    def _header_objection(self, page: bytes, *, closing: bool) -> str:
        if len(page) != HEADER_SIZE:
            return "it sent a header of the wrong size"
        try:
            header, ending = unpack_header(page)
        except JournalError as error:
            return str(error)
        if header.side is not Side.CLIENT or header.run_id != self._run:
            return "it belongs to another run"
        if closing and ending.closed and ending.stored != self.records:
            return f"it holds {self.records} records instead of {ending.stored}"
        return ""

    def _write(self, stream: str, offset: int, data: bytes) -> int:
        path = self._places.journal if stream == JOURNAL else self._places.details
        flags = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
        # The first bytes make the file: one that is there already is another worker's.
        if offset == 0 and self._sizes[stream] == 0:
            flags |= os.O_CREAT | os.O_EXCL
        try:
            fd = os.open(path, flags, 0o600)
            try:
                written = os.pwrite(fd, data, offset)
            finally:
                os.close(fd)
        except OSError as error:
            self.problem = f"the recording of {self.who} could not be written: {error.strerror or error}"
            return 0
        if written != len(data):
            self.problem = f"the recording of {self.who} could not be written: the disk is full"
        return written


class Receipts:
    """The recordings of all workers of one run, by Locust's name for each."""

    def __init__(self, run: str, places: Callable[[int], Places]) -> None:
        self._run = run
        self._places = places
        self._receipts: dict[str, Receipt] = {}

    def expect(self, node: str, worker: int) -> Receipt:
        """Return the receipt of the worker *node*, whose load worker number is *worker*."""
        if node not in self._receipts:
            self._receipts[node] = Receipt(f"load worker {worker}", self._run, self._places(worker))
        return self._receipts[node]

    def get(self, node: str) -> Receipt | None:
        """Return the receipt of a worker, None if it takes no part in this run."""
        return self._receipts.get(node)

    def pending(self) -> list[str]:
        """Return the workers whose recording may still become complete."""
        return [node for node, receipt in self._receipts.items() if not (receipt.complete or receipt.problem)]

    def doubts(self, told: Collection[str] = ()) -> list[str]:
        """Return what is missing, a sentence each; *told* are workers that have said themselves why."""
        found = []
        for node, receipt in self._receipts.items():
            if receipt.problem:
                found.append(receipt.problem)
            elif not receipt.complete and node not in told:
                found.append(
                    f"{receipt.who} did not deliver all it recorded ({receipt.records} records arrived): "
                    "it died, hangs or is out of reach"
                )
        return found
