"""What recording costs: an event, a request in process, and a request as it is served.

Run as ``python -m harness.bench.recording``. The request reads and writes a session in a cookie;
yields are off, journals are written for real. What is compared is measured in turn in one run, many
short rounds of each, and the medians of the rounds' differences and ratios are printed: the machine's
mood is the same for both. All times are CPU time.

In process the request costs nothing but itself, so that recording weighs most there. *Served* is what a
user of the harness pays: gunicorn's thread pool answers over one kept connection, with everything recorded
(the wrapper's, the framework's and the ledger's events) or nothing.
"""

from __future__ import annotations

import gc
import http.client
import importlib
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from harness.history.canary import WRAPPER_HEADER, CanaryKind, make_canary, to_text
from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.history.reader import open_journal
from harness.history.scenarios import Scenario
from harness.inside.locality import Here, Locality
from harness.inside.observer import Observer
from harness.inside.sight import OP_KEY, WORD_KEY
from harness.workers.running import RunningTarget, start_target
from harness.workers.spec import Spec

from .framework_apps import BY_NAME, OURS, Made, make

ROUNDS = 60
EVENTS = 2_000  # in a round
REQUESTS = 30  # in a round
SERVED_ROUNDS = 8
SERVED = 400  # requests in a round
#: What the budget is about; the framework announces more.
BUDGET_EVENTS = 20
_JOURNAL_MAX_BYTES = 1 << 30
_OPERATION = make_canary(CanaryKind.OPERATION, 0, 1, 1)
_SESSION = make_canary(CanaryKind.SESSION, 0, 1, 1)
_HEADER = f"{to_text(_OPERATION)}.{to_text(_SESSION)}.{Scenario.SESSION_APPEND:02x}"

Round = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Compared:
    """CPU time of a request, in nanoseconds, round by round: recorded and not."""

    what: str
    events: int  # in a request
    rounds: tuple[tuple[int, int], ...]

    @property
    def overhead(self) -> float:
        """What recording adds, as a share of the unrecorded request: the median of the rounds."""
        return median(recorded / plain - 1 for recorded, plain in self.rounds)

    @property
    def event_ns(self) -> float:
        """What it adds for each event."""
        return median(recorded - plain for recorded, plain in self.rounds) / self.events

    def line(self) -> str:
        """Return the comparison as text."""
        plain_us = median(plain for _, plain in self.rounds) / 1000
        return (
            f"recording: {self.what}: {self.overhead:+.1%} on {plain_us:,.0f} us, {self.events} events"
            f" ({self.event_ns:,.0f} ns each; {self.overhead * BUDGET_EVENTS / self.events:.1%} for"
            f" {BUDGET_EVENTS} events)"
        )


@dataclass(frozen=True, slots=True)
class RecordingCost:
    """What recording costs."""

    thread_event_ns: float
    greenlet_event_ns: float
    compared: tuple[Compared, ...]

    def lines(self) -> list[str]:
        """Return the cost as text."""
        return [
            f"recording: {self.thread_event_ns:,.0f} ns an event in a loop, by thread (median)",
            f"recording: {self.greenlet_event_ns:,.0f} ns an event in a loop, by greenlet",
            *(one.line() for one in self.compared),
        ]


class _Bench:
    """The app of the bench, recorded by an observer of its own."""

    def __init__(self, folder: Path, *, greenlets: bool = False) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self.made: Made = make(OURS, BY_NAME["read+write"])
        self.checkpoint = importlib.import_module(f"{OURS}.checkpoint")
        self.locality = Locality(greenlets=greenlets)
        contexts: Any = importlib.import_module(f"{OURS}.globals")
        self.observer = Observer(self._open_journal, contexts, self.made.app, self.locality)

    def _open_journal(self) -> JournalWriter:
        path = self._folder / f"{id(self)}-{next(self._numbers)}.journal"
        return JournalWriter(path, Side.SERVER, os.getpid(), _JOURNAL_MAX_BYTES)

    def enter(self) -> None:
        """Let an operation run here, as the wrapper would."""
        here = Here(self.locality.here().where, _OPERATION, _SESSION, Scenario.SESSION_APPEND)
        self.locality.put(here)
        self.made.environ[OP_KEY], self.made.environ[WORD_KEY] = _OPERATION, here.op


def measure() -> RecordingCost:
    """Measure everything; takes half a minute."""
    with tempfile.TemporaryDirectory(prefix="crosstalk-bench-") as name:
        folder = Path(name)
        return RecordingCost(
            _measure_events(_Bench(folder)),
            _measure_events(_Bench(folder, greenlets=True)),
            (_compare_steps(_Bench(folder)), _compare_served(folder)),
        )


def _measure_events(bench: _Bench) -> float:
    """Return the nanoseconds of one step, called in a loop while a request is current."""
    bench.enter()
    hook = bench.observer.hook
    context = bench.made.app.request_context(dict(bench.made.environ))
    bench.checkpoint.install(hook)
    with context:

        def record() -> None:
            for _ in range(EVENTS):
                hook("view", context)

        def call_nothing() -> None:
            for _ in range(EVENTS):
                _nothing("view", context)

        rounds = _alternate(_timed(record, EVENTS), _timed(call_nothing, EVENTS))
    bench.checkpoint.install(None)
    return median(recorded - plain for recorded, plain in rounds)


def _compare_steps(bench: _Bench) -> Compared:
    """Compare a request whose every checkpoint is recorded with one that has no hook."""
    bench.enter()
    install, made = bench.checkpoint.install, bench.made
    steps: list[str] = []
    install(lambda step, context: steps.append(step))
    made.drive(1)

    def drive_recorded() -> None:
        install(bench.observer.hook)
        made.drive(REQUESTS)

    def drive_plain() -> None:
        install(None)
        made.drive(REQUESTS)

    rounds = _alternate(_timed(drive_recorded, REQUESTS), _timed(drive_plain, REQUESTS))
    install(None)
    return Compared("in process, the framework's events", len(steps), rounds)


def _compare_served(folder: Path) -> Compared:
    """Compare a served target that records with one that doesn't, both alive, asked in turn."""
    with (
        start_target(_spec(folder / "recorded", record=True)) as recorded,
        start_target(_spec(folder / "plain", record=False)) as plain,
    ):
        rounds = _alternate(_served(recorded), _served(plain), SERVED_ROUNDS)
    journals = (folder / "recorded" / "server").glob("*.journal")
    stored = sum(open_journal(path, path.stem).facts.committed for path in journals)
    events = round(stored / (SERVED * (SERVED_ROUNDS + 1)))
    return Compared("served by gthread, everything", events, rounds)


def _served(target: RunningTarget) -> Round:
    """Return a round of requests over one connection; it returns the target's CPU time of each."""
    connection = http.client.HTTPConnection(*target.address, timeout=30)
    headers = {WRAPPER_HEADER: _HEADER}
    announcement = target.announcement
    pid = announcement.pid if announcement is not None else 0

    def ask() -> None:
        for _ in range(SERVED):
            connection.request("GET", "/count", headers=headers)
            response = connection.getresponse()
            headers["Cookie"] = str(response.getheader("Set-Cookie")).partition(";")[0]
            response.read()

    def round_() -> int:
        before = _cpu_ns(pid)
        ask()
        return (_cpu_ns(pid) - before) // SERVED

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
        target="harness.bench.recording:make_served",
        yields=False,
        record=record,
    )


def _timed(work: Callable[[], None], times: int) -> Round:
    """Return a round that does *work* and returns the CPU time of each of *times*."""

    def round_() -> int:
        start = time.process_time_ns()
        work()
        return (time.process_time_ns() - start) // times

    return round_


def _alternate(recorded: Round, plain: Round, rounds: int = ROUNDS) -> tuple[tuple[int, int], ...]:
    """Measure both in turn, who comes first alternating, after one round of each that doesn't count."""
    recorded(), plain()
    gc.collect()
    found = []
    for number in range(rounds):
        if number % 2:
            found.append((recorded(), plain()))
        else:
            second = plain()
            found.append((recorded(), second))
    return tuple(found)


def _nothing(step: str, context: object) -> None:
    """Be a hook that does nothing."""


def main(arguments: Sequence[str] = ()) -> int:
    """Print what recording costs."""
    sys.stdout.write("\n".join(measure().lines()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
