"""The header page of a journal: who wrote it, where, and how it ended; standard library only.

A journal is one page of 4096 bytes followed by records of 72 bytes. The words that say how it
ended are rewritten in place; all others are written once, before the first record.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from .layout import RECORD_SIZE, Side

MAGIC = b"XTALKJ1\n"
VERSION = 1
HEADER_SIZE = 4096

_FIXED = struct.Struct("<8sHBxIIxxxxQQQ64s")
_ENDING = struct.Struct("<QQQQ")
#: Where the words of the ending stand; 8-byte aligned, away from the fixed part.
ENDING_OFFSET = 512
RUN_ID_BYTES = 64


class JournalError(Exception):
    """A file is not a journal that can be read; the message is one line that says why."""


class Header(NamedTuple):
    """The fixed part of a journal's header page."""

    side: Side
    pid: int
    host: int  # a hash of what identifies the host's boot: times compare only within one
    start_monotonic_ns: int
    start_wall_ns: int
    run_id: str


class Ending(NamedTuple):
    """How a journal ended, as its writer saw it."""

    closed: bool
    stored: int  # how many records, known only once closed
    lost: int  # records that were not stored
    claimed: int  # records the file has room for: it is cut off if it is shorter


def pack_header(header: Header) -> bytes:
    """Return the fixed part of the header page.

    :raises ValueError: if the run id is longer than 64 bytes.
    """
    run_id = header.run_id.encode()
    if len(run_id) > RUN_ID_BYTES:
        raise ValueError(f"run id of {len(run_id)} bytes; a journal holds {RUN_ID_BYTES}")
    return _FIXED.pack(
        MAGIC,
        VERSION,
        header.side,
        RECORD_SIZE,
        header.pid,
        header.host,
        header.start_monotonic_ns,
        header.start_wall_ns,
        run_id,
    )


def pack_ending(ending: Ending) -> bytes:
    """Return the words to be written at :data:`ENDING_OFFSET`."""
    return _ENDING.pack(*ending)


def unpack_header(page: bytes) -> tuple[Header, Ending]:
    """Take a header page apart; *page* is untrusted.

    :raises JournalError: if it is too short, of another kind or version, or not consistent.
    """
    if len(page) < HEADER_SIZE:
        raise JournalError(f"its header is cut off after {len(page)} of {HEADER_SIZE} bytes")
    magic, version, side, size, pid, host, monotonic, wall, run_id = _FIXED.unpack_from(page)
    if magic != MAGIC:
        raise JournalError("it is not a crosstalk journal")
    if version != VERSION:
        raise JournalError(f"it has format {version}, this crosstalk reads format {VERSION}")
    if size != RECORD_SIZE:
        raise JournalError(f"its records have {size} bytes instead of {RECORD_SIZE}")
    if side not in {Side.CLIENT, Side.SERVER} or not pid:
        raise JournalError(f"its header names side {side} and process {pid}")
    try:
        name = run_id.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        raise JournalError("its run id is not text") from None
    closed, stored, lost, claimed = _ENDING.unpack_from(page, ENDING_OFFSET)
    if closed > 1:
        raise JournalError(f"its header says it is {closed} times closed")
    header = Header(Side(side), pid, host, monotonic, wall, name)
    return header, Ending(bool(closed), stored, lost, claimed)
