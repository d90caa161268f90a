"""Where a load process records, and how a Locust worker's recording gets to the master.

The local runner records straight into the run's folder. A Locust worker may be on another host: it
records into a folder of its own and delivers that through Locust's messages, a window of
unacknowledged bytes at a time. The journal's writer never waits for any of this.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.history.header import HEADER_SIZE
from harness.history.journal import JournalWriter
from harness.history.layout import RECORD_SIZE, Side
from harness.load.recording import DetailsWriter

from .wire import CHUNK_BYTES_MAX, DETAILS, JOURNAL, Chunk, End

#: Unacknowledged bytes at most: what a slow master makes us hold back.
WINDOW_BYTES = 16 * CHUNK_BYTES_MAX
#: Without an acknowledgement for this long, send again from what was acknowledged.
RESEND_AFTER_S = 2.0


@dataclass(slots=True)
class Recording:
    """The open files of one load process."""

    journal: JournalWriter
    details: DetailsWriter
    details_path: Path

    def close(self) -> None:
        """Close both files in order. Idempotent."""
        self.journal.close()
        self.details.close()


def open_recording(journal: Path, details: Path, run: str, disk_max_mb: int) -> Recording:
    """Open the files of a load process.

    :raises OSError: if that is impossible.
    """
    writer = JournalWriter(journal, Side.CLIENT, os.getpid(), disk_max_mb << 20, run)
    return Recording(writer, DetailsWriter(details), details)


class Spool:
    """A Locust worker's own folder, and what of it the master has.

    :raises OSError: if the folder or its files can't be made.
    """

    def __init__(self, run: str, disk_max_mb: int) -> None:
        self._run = run
        self.folder = Path(tempfile.mkdtemp(prefix="crosstalk-"))
        self._journal = self.folder / "journal"
        details = self.folder / "details.jsonl"
        self.recording = open_recording(self._journal, details, run, disk_max_mb)
        self._paths = {JOURNAL: self._journal, DETAILS: details}
        self._sent = dict.fromkeys(self._paths, 0)
        self._acknowledged = dict.fromkeys(self._paths, 0)
        self._heard_s = 0.0

    def chunks(self, now_s: float) -> list[Chunk]:
        """Return what may be sent now: at most a window beyond what was acknowledged."""
        if self._sent != self._acknowledged and now_s - self._heard_s > RESEND_AFTER_S:
            self._sent = dict(self._acknowledged)
        if self._sent == self._acknowledged:
            self._heard_s = now_s
        found = []
        for stream, path in self._paths.items():
            while self._sent[stream] - self._acknowledged[stream] < WINDOW_BYTES:
                offset = self._sent[stream]
                data = _read_committed(path, offset) if stream == JOURNAL else _read(path, offset)
                if not data:
                    break
                found.append(Chunk(self._run, stream, offset, data))
                self._sent[stream] = offset + len(data)
        return found

    def acknowledge(self, stream: str, size: int, now_s: float) -> None:
        """Note that the master has *size* bytes of a stream; goes on from there if it lacks some."""
        if stream not in self._acknowledged or not 0 <= size <= self._path_size(stream):
            return
        self._heard_s = now_s
        if size > self._acknowledged[stream]:
            self._acknowledged[stream] = size
            self._sent[stream] = max(self._sent[stream], size)

    @property
    def delivered(self) -> bool:
        """Whether the master has all there is at the moment."""
        return not self.chunks_left()

    def chunks_left(self) -> int:
        """Return how many bytes the master lacks."""
        journal = _read_committed(self._journal, self._acknowledged[JOURNAL])
        return len(journal) + self._path_size(DETAILS) - self._acknowledged[DETAILS]

    def end(self) -> End:
        """Return the END message; the recording is closed and delivered."""
        with self._journal.open("rb") as file:
            header = file.read(HEADER_SIZE)
        return End(self._run, header, self._acknowledged[JOURNAL], self._acknowledged[DETAILS])

    def remove(self) -> None:
        """Close and delete everything."""
        self.recording.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path_size(self, stream: str) -> int:
        return self._paths[stream].stat().st_size


def _read(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(CHUNK_BYTES_MAX)


def _read_committed(path: Path, offset: int) -> bytes:
    """Return the header page at offset 0, else the committed records that follow each other there."""
    if offset == 0:
        with path.open("rb") as file:
            return file.read(HEADER_SIZE)
    data = _read(path, offset)
    rows = len(data) // RECORD_SIZE
    words = np.frombuffer(data, "<u8", rows * RECORD_SIZE // 8).reshape(rows, RECORD_SIZE // 8)
    first = (offset - HEADER_SIZE) // RECORD_SIZE + 1
    committed = words[:, -1] == np.arange(first, first + rows, dtype=np.uint64)
    whole = rows if committed.all() else int(np.argmin(committed))
    return data[: whole * RECORD_SIZE]
