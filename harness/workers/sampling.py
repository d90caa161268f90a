"""What the target's processes cost, sampled: a line of ``resources.csv`` about twice a second."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import psutil

HEADER = "t_s,processes,cpu_percent,rss_bytes,threads,open_files\n"


class Reading(NamedTuple):
    """One process at one moment."""

    cpu_s: float
    rss_bytes: int
    threads: int
    open_files: int


class Sampler:
    """Samples a process and its descendants into a CSV file.

    ``cpu_percent`` is the share of one core used since the last sample, by all of them together. A write
    that fails (a full disk) is remembered in ``problem`` and is the last one.
    """

    def __init__(self, path: Path) -> None:
        self.problem = ""
        self._root: psutil.Process | None = None
        self._cpu_s: dict[int, float] = {}
        self._started = self._last = time.monotonic()
        self._file = path.open("wb", buffering=0)
        self._write(HEADER)

    def attach(self, pid: int) -> None:
        """Sample this process from now on."""
        self._root = psutil.Process(pid)
        self._started = self._last = time.monotonic()

    def sample(self) -> frozenset[int]:
        """Write one line; return the pids seen, empty if the target is gone."""
        readings = self._read_all()
        now = time.monotonic()
        used = sum(max(r.cpu_s - self._cpu_s.get(pid, 0.0), 0.0) for pid, r in readings.items())
        elapsed = max(now - self._last, 1e-3)
        self._cpu_s = {pid: reading.cpu_s for pid, reading in readings.items()}
        self._last = now
        if readings:
            rss, threads, files = (sum(r[i] for r in readings.values()) for i in (1, 2, 3))
            self._write(
                f"{now - self._started:.3f},{len(readings)},{100 * used / elapsed:.1f},"
                f"{rss},{threads},{files}\n"
            )
        return frozenset(readings)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read_all(self) -> dict[int, Reading]:
        if self._root is None:
            return {}
        try:
            tree = [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return {}
        readings = {process.pid: _read(process) for process in tree}
        return {pid: reading for pid, reading in readings.items() if reading is not None}

    def _write(self, line: str) -> None:
        if self.problem:
            return
        try:
            self._file.write(line.encode("ascii"))
        except OSError as error:
            self.problem = f"the target's resources could not be recorded: {error.strerror or error}"


def _read(process: psutil.Process) -> Reading | None:
    try:
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            times = process.cpu_times()
            memory: int = process.memory_info().rss
            return Reading(times.user + times.system, memory, process.num_threads(), process.num_fds())
    except psutil.Error:
        return None
