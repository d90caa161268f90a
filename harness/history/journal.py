"""The writer of a journal: crash-safe, memory-mapped, without a lock per record.

The rule this file guards: *a record whose commit word is right is whole, and stays, whatever
becomes of its process.* The words of a record are stored in order into a shared file mapping by
one call that holds the interpreter's lock, the commit word last; a SIGKILL leaves what was
stored in the page cache, and what was begun without its commit word.

The disk is claimed by ``posix_fallocate`` before a page of it is touched: writing into a sparse
map on a full disk would be a SIGBUS in the application. The address space of ``max_bytes`` is
mapped once and the file grows beneath it, so that a record's place is its number times its size
for as long as the journal lives; nothing beyond what was claimed is ever touched.

Standard library only: this runs inside the target.
"""

from __future__ import annotations

import atexit
import errno
import importlib
import itertools
import mmap
import os
import struct
import sys
import time
import weakref
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from .header import ENDING_OFFSET, HEADER_SIZE, Ending, Header, pack_ending, pack_header
from .layout import RECORD_FORMAT, RECORD_SIZE, Side

#: Records claimed at a time: the first few are small, for processes that record little.
FIRST_SEGMENT = 1_024
SEGMENT = 65_536
#: Bytes of the disk that journals leave to others. Without them a target's session store would fail before
#: its recording does, and a full disk would look like a wrong target.
RESERVE = 4 << 20
#: Records whose pages are brought in at a time: 36 pages, some 100 us.
PORTION = 2_048

#: More than any file has; not sys.maxsize, from which a range counts in slower, longer integers.
_OFFSETS_END = 1 << 60
_MADV_POPULATE_WRITE = 23  # since Linux 5.14; the mmap module does not name it
_WORD_MAX = (1 << 64) - 1
_NOTHING = memoryview(bytearray())
_pack_into = struct.Struct(RECORD_FORMAT).pack_into


class Tick(NamedTuple):
    """What each record takes, all at once: so that the times of a journal are in its order."""

    t: int  # monotonic time, in nanoseconds
    offset: int  # of the record in the writer's buffer
    commit: int  # its commit word


def original(module: str, name: str) -> Any:
    """Return *name* of *module* as it was before gevent patched it, if gevent did."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None:
        return getattr(importlib.import_module(module), name)
    return monkey.get_original(module, name)


def host_id() -> int:
    """Return a hash of this host's boot: monotonic times compare only between equal ones."""
    try:
        name = Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
    except OSError:
        name = os.uname().nodename.encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "little")


class JournalWriter:
    """Append records of nine 64-bit words to a new file.

    :param path: of the file to create; one that exists is never overwritten.
    :param max_bytes: the file's greatest size. When it is reached, or the disk is full up to
        :data:`RESERVE`, records are counted as lost and dropped; the application never notices.
    :raises OSError: if the file can't be created, or its header page not be claimed.
    :raises ValueError: if the run id is longer than 64 bytes.

    ``ticks`` and ``buffer`` are for a caller that packs its words itself: a *plain tuple* of the
    fields of :class:`Tick` from ``next(ticks)`` first, then the words into ``buffer``, and
    :meth:`store` if that raises ``struct.error``. A process forked off finds ``buffer`` empty: it
    must open a journal of its own.
    """

    __slots__ = (
        "__weakref__",
        "_capacity",
        "_closed",
        "_full",
        "_limit",
        "_lock",
        "_lost",
        "_map",
        "_mine",
        "_numbers",
        "_ready",
        "_segment",
        "buffer",
        "path",
        "pid",
        "ticks",
    )

    def __init__(
        self, path: str | os.PathLike[str], side: Side, pid: int, max_bytes: int, run_id: str = ""
    ) -> None:
        header = Header(side, pid, host_id(), time.monotonic_ns(), time.time_ns(), run_id)
        page = pack_header(header)
        self.path = Path(path).absolute()
        self.pid = pid
        self._limit = max(0, _file_size_limit(max_bytes) - HEADER_SIZE) // RECORD_SIZE
        self._map = _create(self.path, HEADER_SIZE + self._limit * RECORD_SIZE)
        self._map[: len(page)] = page
        # A lock a thread may enter again: a signal handler may record while its thread grows.
        self._lock = original("_thread", "RLock")()
        self._lost = 0
        self._full = False
        self._capacity = 0  # records the file has room for
        self._ready = 0  # of these, records whose pages are in memory
        self._segment = FIRST_SEGMENT
        self._closed = False
        self._mine = True
        self.buffer = _NOTHING
        self._numbers = itertools.count(1)
        self.ticks = make_ticks(self._numbers)
        self._grow(1)
        _writers.add(self)
        _watch_forks()
        atexit.register(self.close)

    def write(  # noqa: PLR0917 - the eight words of a record
        self, w1: int, w2: int, w3: int, w4: int, w5: int, w6: int, w7: int, w8: int
    ) -> None:
        """Append one record; a word that is no unsigned 64-bit integer is stored as all ones."""
        _, offset, commit = next(self.ticks)
        try:
            _pack_into(self.buffer, offset, w1, w2, w3, w4, w5, w6, w7, w8, commit)
        except struct.error:
            self.store(commit, w1, w2, w3, w4, w5, w6, w7, w8)

    def store(self, commit: int, *words: object) -> bool:
        """Store the record that did not fit where it was to go, or say why not.

        Grows the file; opens a closed journal again, since someone is still at work. Returns
        False if the record was lost or the journal is another process's.
        """
        whole = [w if type(w) is int and 0 <= w <= _WORD_MAX else _WORD_MAX for w in words]
        with self._lock:
            if not self._mine:
                return False
            if self._closed:
                self._closed = False
                self.buffer = self._view()
                self._end(stored=0)
            if commit > self._ready and not self._grow(commit):
                self._lost += 1
                self._end(stored=0)
                return False
            _pack_into(self.buffer, commit * RECORD_SIZE, *whole, commit)
            return True

    def close(self) -> None:
        """Mark the journal as ended in order. Idempotent; does nothing in a forked process."""
        with self._lock:
            if not self._mine or self._closed:
                return
            # First the buffer: whoever takes a number after this finds no place for it.
            self.buffer = _NOTHING
            self._closed = True
            self._end(stored=self._taken() - self._lost)
        atexit.unregister(self.close)

    def abandon(self) -> None:
        """Leave the journal as a killed process would: something is still open in it."""
        atexit.unregister(self.close)

    def _taken(self) -> int:
        """How many numbers were handed out; to ask a count for its next would use it up."""
        return int(repr(self._numbers)[len("count(") : -1]) - 1

    def _grow(self, commit: int) -> bool:
        """Make room up to record *commit*, False if that can't be had (then for good)."""
        while self._capacity < commit and not self._full:
            step = min(self._segment, self._limit - self._capacity)
            self._segment = min(self._segment * 2, SEGMENT)
            self._full = step <= 0 or not self._claim(step)
        while self._ready < commit <= self._capacity and not self._full:
            step = min(PORTION, self._capacity - self._ready)
            self._full = not self._touch(step)
        return commit <= self._ready

    def _claim(self, records: int) -> bool:
        start = HEADER_SIZE + self._capacity * RECORD_SIZE
        try:
            # By its path: the application may have closed or reused any descriptor it saw.
            fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
            try:
                space = os.fstatvfs(fd)
                if space.f_bavail * space.f_frsize < records * RECORD_SIZE + RESERVE:
                    return False
                os.posix_fallocate(fd, start, records * RECORD_SIZE)
            finally:
                os.close(fd)
        except OSError:
            return False
        self._capacity += records
        self._end(stored=0)
        return True

    def _touch(self, records: int) -> bool:
        """Let the kernel bring pages in together: one by one they cost five times as much."""
        start = HEADER_SIZE + self._ready * RECORD_SIZE
        end = start + records * RECORD_SIZE
        start -= start % mmap.PAGESIZE
        try:
            self._map.madvise(_MADV_POPULATE_WRITE, start, end - start)
        except OSError as error:
            if error.errno != errno.EINVAL:  # that says a kernel before 5.14; the pages come one by one
                return False
        self._ready += records
        self.buffer = self._view()
        return True

    def _view(self) -> memoryview:
        """Return what may be written, from one record early: the first commit word is 1."""
        start = HEADER_SIZE - RECORD_SIZE
        return memoryview(self._map)[start : HEADER_SIZE + self._ready * RECORD_SIZE]

    def _end(self, *, stored: int) -> None:
        words = pack_ending(Ending(self._closed, stored, self._lost, self._capacity))
        self._map[ENDING_OFFSET : ENDING_OFFSET + len(words)] = words

    def _disown(self) -> None:
        """In a forked process: the mapping is the parent's, and the lock may be held by no one."""
        self._lock = original("_thread", "RLock")()
        self.buffer = _NOTHING
        self._mine = False


def make_ticks(numbers: Iterator[int]) -> Iterator[tuple[int, int, int]]:
    """Return an iterator over :class:`Tick` s, as plain tuples.

    One call of ``next`` does what would take three and a multiplication, and does it under one
    hold of the interpreter's lock.
    """
    clock = itertools.starmap(time.monotonic_ns, itertools.repeat(()))
    return zip(clock, range(RECORD_SIZE, _OFFSETS_END, RECORD_SIZE), numbers, strict=False)


_writers: weakref.WeakSet[JournalWriter] = weakref.WeakSet()


@cache
def _watch_forks() -> None:
    """See to it that a forked process never writes into its parent's journals."""
    os.register_at_fork(after_in_child=_disown_all)


def _disown_all() -> None:
    for journal in list(_writers):
        journal._disown()  # noqa: SLF001 - the same module


def _file_size_limit(max_bytes: int) -> int:
    try:
        import resource
    except ImportError:  # not on every platform
        return max_bytes
    soft, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return max_bytes if soft == resource.RLIM_INFINITY else min(max_bytes, soft)


def _create(path: Path, size: int) -> mmap.mmap:
    """Create the file, map *size* bytes of it, and leave only the header page allocated."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(fd, 0, HEADER_SIZE)
        # A mapping may be longer than its file; only its creation, in Python, may not.
        os.ftruncate(fd, max(size, HEADER_SIZE))
        mapped = mmap.mmap(fd, max(size, HEADER_SIZE))
        os.ftruncate(fd, HEADER_SIZE)
        return mapped
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(fd)
