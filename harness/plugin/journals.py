"""The journals of a check: room for every record of its operations.

The room is address space: a journal claims the disk for what is written, portion by portion.
"""

from __future__ import annotations

import os
from pathlib import Path

from harness.history.journal import JournalWriter
from harness.history.layout import RECORD_SIZE, Side

RUN = "in-process"
#: A small Flask view with a session writes 47 records on the server's side; most of them are YIELDs, of which
#: there are no more than 32 in a request, and steps of its contexts.
RECORDS_PER_OPERATION = 128
ROOM_BYTES_MIN = 1 << 28


def room_for(operations: int) -> int:
    """Return the greatest size of a journal, in bytes."""
    return max(ROOM_BYTES_MIN, operations * RECORDS_PER_OPERATION * RECORD_SIZE)


def open_journal(path: Path, side: Side, operations: int) -> JournalWriter:
    """Return a journal of this process.

    :raises OSError: if there can be none.
    """
    try:
        return JournalWriter(path, side, os.getpid(), room_for(operations), RUN)
    except OSError:  # address space or a file's size may be limited: what does not fit is counted as lost
        return JournalWriter(path, side, os.getpid(), ROOM_BYTES_MIN, RUN)
