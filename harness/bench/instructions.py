"""How many instructions a Python program carries out: valgrind's callgrind, read.

Instructions do not depend on who else uses the machine, unlike time: two counts of the same
program with the same hash seed differ by less than a thousandth.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SUMMARY = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Counted:
    """A program's output, and the instructions of each of its processes, by pid."""

    output: str
    by_pid: dict[int, int]


def can_count() -> bool:
    """Tell whether this machine has valgrind."""
    return shutil.which("valgrind") is not None


def count_instructions(arguments: Sequence[str], folder: Path, timeout_s: float) -> Counted:
    """Run this interpreter with *arguments*; count it and the processes it forks off.

    :param folder: where callgrind may leave its files; an existing, empty folder.
    :raises RuntimeError: if valgrind or the program failed.
    :raises subprocess.TimeoutExpired: if it took longer than *timeout_s*.
    """
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/%p.out", sys.executable]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *arguments],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"counting instructions failed: {_last_line(done.stderr)}")
    return Counted(done.stdout, {int(path.stem): _read_count(path) for path in folder.glob("*.out")})


def _read_count(path: Path) -> int:
    found = _SUMMARY.search(path.read_text(errors="replace"))
    if found is None:
        raise RuntimeError(f"callgrind left no total in {path.name}")
    return int(found.group(1))


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line and not line.startswith("==")]
    return lines[-1] if lines else "valgrind said nothing"
