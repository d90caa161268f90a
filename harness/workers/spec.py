"""What a target process has to know to start: written as ``spec.json`` into the column's folder.

Standard library only: it is read inside the target's process, under any interpreter.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness import records

#: The target of this repository, and the default.
DEFAULT_TARGET = "targetapp.probes:create_app"
#: Answered by the outermost wrapper; the harness asks there whether a target serves, and which.
READY_PATH = "/.crosstalk/ready"
#: CPython's default, 5 ms, finds almost no CPU-only leak: measured over 1.2 million requests, it
#: found none of three seeded ones, while 10 us found each in under 2,000.
DEFAULT_SWITCH_INTERVAL_S = 1e-5

#: Starts the line in the target's log that says why it can't be hosted.
COMPLAINT = "crosstalk: "
#: How a target announces that it records what happens inside it.
YES = "yes"


@dataclass(frozen=True, slots=True)
class Spec:
    """One target: what to host, how, and where it writes. All paths are absolute."""

    run: str  # the run's name
    column: str  # the column's name, such as "thread-gthread"
    model: str
    server: str
    concurrency: int  # threads, greenlets or processes, by model
    folder: str  # the column's folder
    journal_dir: str  # where each process writes <pid>-<n>.journal
    log: str  # target.log
    resources: str  # resources.csv
    session_db: str  # sessions.sqlite3
    doubts: str  # doubts.jsonl
    target: str = DEFAULT_TARGET
    faults: tuple[str, ...] = ()
    yields: bool = True  # the target yields at checkpoints
    switch_interval_s: float = DEFAULT_SWITCH_INTERVAL_S
    record: bool = True  # False: no observer and no journal, for measuring what recording costs
    census: bool = True  # count, at the end, what is left of operations that are over
    reuse_app_context: bool = False  # the target's setting of that name
    residue: bool = True  # look for what requests leave, in a user's own application
    cache_max: int = 256  # the most entries of a cache keyed by its caller that is no breach
    guard: bool = True  # the outermost wrapper answers a BaseException that leaves the app with 500
    app: bool = False  # the target is a user's own application, which `target` names as --app does
    routes: str = ""  # where its routes are written: routes.json
    seed: int = 0  # which calls in the app's own code let others run
    disk_max_mb: int = 1024  # for all journals of the column together
    stop_timeout_s: float = 8.0  # from the request to stop until the target is killed
    listener_fd: int = -1  # set when the listener is bound
    log_max_bytes: int = 1 << 20

    @property
    def grace_s(self) -> float:
        """How long the server may wait for its requests in flight, so that it ends by itself."""
        return max(self.stop_timeout_s - 2.0, 0.5)


def write_spec(spec: Spec, path: Path) -> None:
    """Write ``spec.json``."""
    path.write_text(records.to_text(spec), encoding="utf-8")


def read_spec(path: Path) -> Spec:
    """Read ``spec.json``.

    :raises RecordError: if it is not one.
    """
    return records.from_text(Spec, path.read_bytes(), path.name)
