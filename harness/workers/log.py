"""A log of bounded size: its head and its tail, with a line between that says how much is missing.

A target under load may write without end. What explains a failure is how it started and how it ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


class BoundedLog:
    """Writes the first and the last half of *bytes_max* of what it is fed.

    The head is written at once, the tail (kept in memory) when :meth:`flush` is called, over the
    previous tail. A write that fails (a full disk) is remembered in ``problem`` and is the last one.
    """

    def __init__(self, path: Path, bytes_max: int) -> None:
        self.problem = ""
        self._half = max(bytes_max // 2, 1)
        self._head_left = self._half
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._tail_dirty = False
        self._beyond = 0  # bytes that came after the head
        self._file: BinaryIO = path.open("wb", buffering=0)

    @property
    def bytes_cut(self) -> int:
        """How many bytes were fed that the file does not hold."""
        return self._beyond - self._tail_size

    def write(self, data: bytes) -> None:
        """Take some output of the target."""
        head, rest = data[: self._head_left], data[self._head_left :]
        if head:
            self._head_left -= len(head)
            self._attempt(lambda: self._file.write(head))
        if rest:
            self._beyond += len(rest)
            self._tail.append(rest)
            self._tail_size += len(rest)
            self._tail_dirty = True
            self._trim()

    def flush(self) -> None:
        """Bring the file up to date."""
        if self._tail_dirty:
            self._tail_dirty = False
            self._attempt(self._write_tail)

    def close(self) -> None:
        """Flush and close the file."""
        self.flush()
        self._file.close()

    def _trim(self) -> None:
        while self._tail_size > self._half:
            surplus = self._tail_size - self._half
            first = self._tail.popleft()
            self._tail_size -= min(surplus, len(first))
            if len(first) > surplus:
                self._tail.appendleft(first[surplus:])

    def _write_tail(self) -> None:
        self._file.seek(self._half)
        if self.bytes_cut:
            self._file.write(b"\n[... %d bytes of the target's output are not kept ...]\n" % self.bytes_cut)
        for piece in self._tail:
            self._file.write(piece)
        self._file.truncate()

    def _attempt(self, act: Callable[[], object]) -> None:
        if self.problem:
            return
        try:
            act()
        except OSError as error:
            self.problem = f"the target's log could not be written: {error.strerror or error}"
