"""What recording costs: an event, a request in process, and a request as it is served.

Run as ``python -m harness.bench.recording``. The request reads and writes a session in a cookie; yields are
off, journals are written for real. What is compared is measured in turn in one run, many short rounds of
each, and the medians of the rounds' differences and ratios are printed. Times are CPU time; instructions are
counted by callgrind, so that they can be compared across changes and machines.

The budget can be read in two ways (docs/decisions/0009), so the limit stands beside each. In process, the
request costs nothing but itself, and recording weighs most. *Served* is what a user of the harness pays.
"""

from __future__ import annotations

import importlib
import itertools
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from harness.history.canary import CanaryKind, make_canary
from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.history.scenarios import Scenario
from harness.inside.locality import Here, Locality
from harness.inside.observer import Observer
from harness.inside.sight import OP_KEY, WORD_KEY

from .framework import count
from .framework_apps import BY_NAME, OURS, Made, make
from .instructions import can_count
from .recording_served import compare_served
from .rounds import ROUNDS, Compared, alternate, timed

EVENTS = 2_000  # in a round
REQUESTS = 30  # in a round
_JOURNAL_MAX_BYTES = 1 << 30
_OPERATION = make_canary(CanaryKind.OPERATION, 0, 1, 1)
_SESSION = make_canary(CanaryKind.SESSION, 0, 1, 1)


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
    """Measure everything; takes a minute."""
    with tempfile.TemporaryDirectory(prefix="crosstalk-bench-") as name:
        folder = Path(name)
        in_process = compare_steps(_Bench(folder))
        compared = [in_process, compare_served(folder)]
        if can_count():
            compared.insert(1, count_steps(folder / "counts", in_process.events))
        return RecordingCost(
            _measure_events(_Bench(folder)), _measure_events(_Bench(folder, greenlets=True)), tuple(compared)
        )


def count_steps(folder: Path, events: int) -> Compared:
    """Compare what :func:`compare_steps` does in instructions; *folder* must not exist."""
    names = ("recorded", "read+write")
    counts = count(OURS, tuple(BY_NAME[name] for name in names), folder)
    recorded, plain = (round(counts[name]) for name in names)
    return Compared("in process, counted", events, ((recorded, plain),), "instructions")


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

        rounds = alternate(timed(record, EVENTS), timed(call_nothing, EVENTS))
    bench.checkpoint.install(None)
    return median(recorded - plain for recorded, plain in rounds)


def compare_steps(bench: _Bench) -> Compared:
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

    rounds = alternate(timed(drive_recorded, REQUESTS), timed(drive_plain, REQUESTS), ROUNDS)
    install(None)
    return Compared("in process", len(steps), rounds)


def _nothing(step: str, context: object) -> None:
    """Be a hook that does nothing."""


def main(arguments: Sequence[str] = ()) -> int:
    """Print what recording costs."""
    sys.stdout.write("\n".join(measure().lines()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
