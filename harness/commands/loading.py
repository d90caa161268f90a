"""Runs the matrix: one Locust, in a process of its own, for each column.

Locust patches its process on import and is driven by its own command line, so a column is loaded by
``python -m locust`` with the same options; it leaves its recording in the column's folder and the
judging to us. It has its own session, so Ctrl-C in a terminal reaches us alone: we ask it to stop
(SIGTERM), and it still collects what was recorded.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from harness.options.arguments import to_arguments
from harness.options.table import LOCUST, Settings, UsageError
from harness.stage.hosted import note
from harness.store.files import StoreError, read_json
from harness.store.metadata import Doubt
from harness.store.runs import Column, Run
from harness.verdict import EXIT_HARNESS_FAILED
from harness.workers.failure import last_lines

LOCUSTFILE = Path(__file__).parents[1] / "locustfile.py"
LOOK_EVERY_S = 0.2
#: Below the range that systems pick ports for connections from.
LOWEST_PORT, PORTS = 20_000, 10_000
#: After we asked Locust to stop: its drain time-out, the target's own time, and some for the rest.
STOP_EXTRA_S = 30.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who hammers a column."""

    users: int
    spawn_rate: float
    processes: int = 1  # of Locust


@dataclass(frozen=True, slots=True)
class Watching:
    """Who is told how far a column is, and who may ask to stop.

    ``asked`` says whether somebody asked to stop. Either may raise, to leave at once.
    """

    progress: Callable[[str, int, float], None]  # column, operations, seconds
    asked: Callable[[], bool]


def load_column(run: Run, column: Column, settings: Settings, crowd: Crowd, watching: Watching) -> None:
    """Load one column with Locust; every reason to doubt it ends in the column's folder.

    *settings* are those of this column alone. A column that somebody asked to stop before it began
    is left alone.
    """
    if watching.asked():
        return
    column.make()
    command = locust_command(replace(settings, into=str(column.path), seed=settings.seed), crowd)
    with column.locust_log.open("wb") as log, _locust(command, log.fileno()) as child:
        _watch(child, column, settings, watching)
    with suppress(OSError):
        column.progress_path.unlink(missing_ok=True)
    if doubt := _doubt_of(child.returncode, column):
        note(column.doubts_path, doubt)


def locust_command(settings: Settings, crowd: Crowd) -> list[str]:
    """Return the command that loads one column."""
    several = _several(crowd.processes) if crowd.processes > 1 else []
    return [
        *(sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"),
        *(f"--users={crowd.users}", f"--spawn-rate={crowd.spawn_rate:g}"),
        *several,
        *to_arguments(settings, LOCUST),
    ]


def _several(processes: int) -> list[str]:
    """Return the options for several processes, on a port of their own: runs may go on side by side."""
    port = _free_port()
    return [f"--processes={processes}", f"--master-bind-port={port}", f"--master-port={port}"]


def _free_port() -> int:
    """Return a port for Locust's master, which can't be given a bound socket.

    Not one that the system would pick: it might pick the same for a client's connection before
    Locust binds it.
    """
    for _ in range(100):
        port = LOWEST_PORT + secrets.randbelow(PORTS)
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise UsageError("no free port was found for Locust's processes: run with --processes 1")


@contextmanager
def _locust(command: list[str], log: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start Locust; whatever happens, it is gone when the block is left."""
    child = subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=_environment(),
    )
    try:
        yield child
    finally:
        # Its session is its own; the target ends by itself when Locust is gone. Also when Locust has ended:
        # one that is stopped while it forks (--processes) leaves its workers behind.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _environment() -> dict[str, str]:
    """Return the environment for Locust: ours, without options for another Locust."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    root = str(LOCUSTFILE.parents[1])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [root, kept.get("PYTHONPATH", "")]))
    return kept


def _watch(child: subprocess.Popen[bytes], column: Column, settings: Settings, watching: Watching) -> None:
    started = time.monotonic()
    deadline = None
    while child.poll() is None:
        watching.progress(column.name, _operations(column), time.monotonic() - started)
        if watching.asked() and deadline is None:
            deadline = time.monotonic() + settings.drain_timeout_s + STOP_EXTRA_S
            child.send_signal(signal.SIGTERM)
        if deadline is not None and time.monotonic() > deadline:
            return  # it is killed
        with suppress(subprocess.TimeoutExpired):
            child.wait(LOOK_EVERY_S)


def _operations(column: Column) -> int:
    if not column.progress_path.exists():
        return 0
    try:
        said = read_json(column.progress_path)
        return int(said["operations"])
    except (StoreError, KeyError, TypeError, ValueError):
        return 0


def _doubt_of(status: int, column: Column) -> Doubt | None:
    """Return what an exit status of Locust means that it has not noted itself."""
    if status == 0 or (status == EXIT_HARNESS_FAILED and column.doubts_path.exists()):
        return None
    how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    last = _last_line(column.locust_log)
    return Doubt("load", f"Locust {how}: {last}", failed=True)


def _last_line(log: Path) -> str:
    lines = last_lines(log)
    return lines[-1] if lines else "it wrote nothing"
