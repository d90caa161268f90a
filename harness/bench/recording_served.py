"""What recording costs a target that is served: the wrapper's, the framework's and the ledger's events.

Gunicorn's thread pool answers over one kept connection, with everything recorded or nothing, yields off;
what counts is the CPU time of the server's process.
"""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Any

from harness.history.canary import WRAPPER_HEADER, CanaryKind, make_canary, to_text
from harness.history.reader import open_journal
from harness.history.scenarios import Scenario
from harness.workers.running import RunningTarget, start_target
from harness.workers.spec import Spec

from .framework_apps import BY_NAME, OURS, make
from .rounds import Compared, Round, alternate

ROUNDS = 8
REQUESTS = 400  # in a round
_OPERATION = make_canary(CanaryKind.OPERATION, 0, 1, 1)
_SESSION = make_canary(CanaryKind.SESSION, 0, 1, 1)
_HEADER = f"{to_text(_OPERATION)}.{to_text(_SESSION)}.{Scenario.SESSION_APPEND:02x}"


def compare_served(folder: Path) -> Compared:
    """Compare a served target that records with one that doesn't, both alive, asked in turn."""
    with (
        start_target(_spec(folder / "recorded", record=True)) as recorded,
        start_target(_spec(folder / "plain", record=False)) as plain,
    ):
        rounds = alternate(_served(recorded), _served(plain), ROUNDS)
    journals = (folder / "recorded" / "server").glob("*.journal")
    stored = sum(open_journal(path, path.stem).facts.committed for path in journals)
    events = round(stored / (REQUESTS * (ROUNDS + 1)))
    return Compared("served by gthread, everything recorded", events, rounds)


def _served(target: RunningTarget) -> Round:
    """Return a round of requests over one connection; it returns the target's CPU time of each."""
    connection = http.client.HTTPConnection(*target.address, timeout=30)
    headers = {WRAPPER_HEADER: _HEADER}
    announcement = target.announcement
    pid = announcement.pid if announcement is not None else 0

    def ask() -> None:
        for _ in range(REQUESTS):
            connection.request("GET", "/count", headers=headers)
            response = connection.getresponse()
            headers["Cookie"] = str(response.getheader("Set-Cookie")).partition(";")[0]
            response.read()

    def round_() -> int:
        before = _cpu_ns(pid)
        ask()
        return (_cpu_ns(pid) - before) // REQUESTS

    return round_


def _cpu_ns(pid: int) -> int:
    """Return the CPU time of a process, finer than in clock ticks."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks)


def make_served() -> Any:
    """Return the app of the bench: the target that is served."""
    return make(OURS, BY_NAME["read+write"]).app


def _spec(folder: Path, *, record: bool) -> Spec:
    (folder / "server").mkdir(parents=True)
    return Spec(
        run=folder.name,
        column="thread-gthread",
        model="thread",
        server="gthread",
        concurrency=4,
        folder=str(folder),
        journal_dir=str(folder / "server"),
        log=str(folder / "target.log"),
        resources=str(folder / "resources.csv"),
        session_db=str(folder / "sessions.sqlite3"),
        doubts=str(folder / "doubts.jsonl"),
        target="harness.bench.recording_served:make_served",
        yields=False,
        record=record,
    )
