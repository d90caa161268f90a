"""The process in which one framework is measured.

``python -m harness.bench.framework_child timing FRAMEWORK SCENARIO FOLDER`` reads numbers of
requests from its input, a line each, and answers with the CPU time they took, in nanoseconds.

``... counting FRAMEWORK REQUESTS FOLDER [SCENARIO ...]`` is run under valgrind. It forks off two
processes for each scenario, one that makes so many requests and one that makes twice as many, and
says which is which: ``PID<tab>MULTIPLE<tab>SCENARIO`` a line. What they cost beyond the difference
cancels out.

FOLDER takes the journals of what is recorded.
"""

from __future__ import annotations

import gc
import importlib
import itertools
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from harness.history.canary import CanaryKind, make_canary
from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.inside.locality import Here, Locality
from harness.inside.observer import Observer
from harness.inside.sight import OP_KEY, WORD_KEY

from .framework_apps import BY_NAME, OURS, Made, Scenario, make

#: Requests before anything is measured: caches, specialised bytecode, the first journal segment.
WARM_UP = 50
_JOURNAL_MAX_BYTES = 1 << 30


def prepare(framework: str, scenario: Scenario, folder: Path) -> Made:
    """Return a warm app, recorded if the scenario says so and the framework is ours."""
    made = make(framework, scenario)
    if scenario.recorded and framework == OURS:
        _record(made, folder)
    made.drive(WARM_UP)
    gc.collect()
    return made


def _record(made: Made, folder: Path) -> None:
    """Record every checkpoint of *made* from now on, with the real recorder and no yields.

    The wrapper is left out, since only the events are asked about: what it would set up for each
    request is set up here once.
    """
    numbers = itertools.count(1)

    def open_journal() -> JournalWriter:
        path = folder / f"{os.getpid()}-{next(numbers)}.journal"
        return JournalWriter(path, Side.SERVER, os.getpid(), _JOURNAL_MAX_BYTES)

    contexts: Any = importlib.import_module(f"{OURS}.globals")
    locality = Locality()
    operation = make_canary(CanaryKind.OPERATION, 0, 1, 1)
    here = Here(locality.here().where, operation, make_canary(CanaryKind.SESSION, 0, 1, 1), 1)
    locality.put(here)
    made.environ[OP_KEY], made.environ[WORD_KEY] = operation, here.op
    observer = Observer(open_journal, contexts, made.app, locality)
    importlib.import_module(f"{OURS}.checkpoint").install(observer.hook)


def answer_timings(framework: str, scenario: Scenario, folder: Path) -> None:
    """Time as many requests as each line of the input says; a line of the output each."""
    made = prepare(framework, scenario, folder)
    for line in sys.stdin:
        requests = int(line)
        start = time.process_time_ns()
        made.drive(requests)
        sys.stdout.write(f"{time.process_time_ns() - start}\n")
        sys.stdout.flush()


def fork_counted(framework: str, requests: int, folder: Path, scenarios: list[Scenario]) -> None:
    """Make each scenario's requests once, and twice as many, in a process each."""
    importlib.import_module(framework)  # once: the forked processes have it
    for scenario in scenarios:
        _wait(_fork(partial(_fork_twice, framework, requests, folder, scenario)))


def _fork_twice(framework: str, requests: int, folder: Path, scenario: Scenario) -> None:
    made = prepare(framework, scenario, folder)
    # A process starts with the count of the one it was forked off, so nothing comes in between.
    children = [_fork(partial(made.drive, requests * multiple)) for multiple in (1, 2)]
    for multiple, child in enumerate(children, 1):
        _wait(child)
        sys.stdout.write(f"{child}\t{multiple}\t{scenario.name}\n")
    sys.stdout.flush()


def _fork(work: Callable[[], None]) -> int:
    """Do *work* in a process forked off; return its pid."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        os._exit(status)


def _wait(child: int) -> None:
    """Wait for a process forked off; end this one with its status if it failed."""
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit(os.waitstatus_to_exitcode(status))


def main(arguments: list[str]) -> int:
    """Do what the module's text says."""
    mode, framework, what, folder, *names = arguments
    if mode == "timing":
        answer_timings(framework, BY_NAME[what], Path(folder))
    else:
        fork_counted(framework, int(what), Path(folder), [BY_NAME[name] for name in names])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
