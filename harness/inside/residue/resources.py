"""Threads, files and sockets that stay: how many more there are at the end than when the process was warm.

A pool that fills while the process warms up, or grows a little later, is no breach. What counts is documented
in docs/verdict.md: at least :data:`STAY_MIN` more, and more than one for every :data:`STAY_EACH` requests
since. They are told by the code that runs them or by what they are, never by name or path: those may be
anybody's data.
"""

from __future__ import annotations

import os
import stat
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from harness.history.layout import Residue

from .names import name_type

#: Requests after which a process counts as warm.
WARM_AFTER = 200
STAY_MIN = 16
STAY_EACH = 100
#: Kinds named in one sentence.
_NAMED = 3


class Staying(NamedTuple):
    """A kind of thing that stays: how many more there are, and which."""

    residue: Residue
    more: int
    name: str


class Resources:
    """Counts what this process has."""

    def __init__(self) -> None:
        self._warm: dict[Residue, Counter[str]] | None = None
        self._requests = 0

    def is_warm(self, requests: int) -> None:
        """Note what there is after *requests* requests."""
        self._warm, self._requests = count(), requests

    def staying(self, requests: int) -> list[Staying]:
        """Return what stays, after *requests* requests; nothing of a process that was never warm."""
        if self._warm is None:
            return []
        now, since = count(), requests - self._requests
        least = max(STAY_MIN, since // STAY_EACH)
        found = []
        for residue, warm in self._warm.items():
            more = now[residue] - warm
            grown = now[residue].total() - warm.total()
            if grown >= least:
                named = ", ".join(f"{number:,} {name}" for name, number in more.most_common(_NAMED))
                found.append(Staying(residue, grown, named))
        return found


def count() -> dict[Residue, Counter[str]]:
    """Return the threads, files and sockets of this process, by what they are."""
    files: Counter[str] = Counter()
    sockets: Counter[str] = Counter()
    for fd in _open_descriptors():
        with suppress(OSError):
            mode = os.fstat(fd).st_mode
            if stat.S_ISSOCK(mode):
                sockets["sockets"] += 1
            else:
                files[next((name for test, name in _KINDS if test(mode)), "other files")] += 1
    threads = Counter(_name_thread(thread) for thread in threading.enumerate())
    return {Residue.THREADS: threads, Residue.FILES: files, Residue.SOCKETS: sockets}


_KINDS = ((stat.S_ISREG, "regular files"), (stat.S_ISFIFO, "pipes"), (stat.S_ISDIR, "folders"))


def _open_descriptors() -> list[int]:
    try:
        return [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    except OSError:  # not on every platform
        return []


def _name_thread(thread: threading.Thread) -> str:
    """Return what a thread runs, by the names in the code."""
    target = getattr(thread, "_target", None)
    name = getattr(target, "__qualname__", "")
    module = getattr(target, "__module__", "")
    return f"{module}.{name}" if isinstance(name, str) and name else name_type(type(thread))
