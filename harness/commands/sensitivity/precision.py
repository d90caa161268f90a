"""`crosstalk precision`: many operations where nothing may be found; every violation is a bug of ours."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.commands.interrupts import Interrupts, QuitError
from harness.commands.terminal import Terminal
from harness.options.catalogue import gather_catalogue
from harness.options.table import MODELS, Settings, UsageError, parse_settings
from harness.report.sensitivity.precision import Precise, render_precision
from harness.sensitivity.clean import Portion, share_out
from harness.sensitivity.expectations import EXPECTATIONS
from harness.stage.hosted import make_run
from harness.store.files import StoreError
from harness.verdict import EXIT_CODES, EXIT_HARNESS_FAILED, Result, Verdict
from harness.workers.failure import TargetError

from .loading import Load, load_and_judge
from .many import BrokenWorkerError, run_many

#: More than a cell of the matrix has: here time is spent on what is rare.
CLIENTS = 16
#: Whose doubts are about how much was seen: without yields, and in a small share, it is little.
_AMOUNTS = frozenset({"EVIDENCE"})


@dataclass(frozen=True, slots=True)
class Asked:
    """The options; what is text was not validated yet."""

    operations: int = 200_000
    models: str = ""
    seed: int = 7
    jobs: int = 0
    out: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One clean target; plain data, for another process."""

    portion: Portion
    seed: int
    folder: str
    keep: bool = False  # keep the run of a target that something was found of


def execute(asked: Asked, terminal: Terminal) -> int:
    """Load every clean target; return 0, 1 for a violation, 2 for a doubt, 3 if the harness failed.

    :raises UsageError: if a model is named that isn't there.
    """
    models = _models(asked.models)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as scratch:
        folder = str(Path(asked.out) / "runs") if asked.out else scratch
        portions = share_out(asked.operations, models, EXPECTATIONS)
        # The longest first, so that none is left over at the end.
        portions.sort(key=lambda portion: -portion.operations)
        tasks = [
            Task(portion, asked.seed, folder, bool(asked.out)) for portion in portions if portion.operations
        ]
        try:
            done = _run(tasks, asked.jobs or os.cpu_count() or 1, terminal)
        except (QuitError, BrokenWorkerError) as error:
            terminal.complain(str(error) or "quit at the second Ctrl-C: nothing is said")
            return EXIT_HARNESS_FAILED
    done.sort(key=lambda one: (MODELS.index(one.portion.clean.model), -one.portion.operations))
    terminal.say(render_precision(done).rstrip("\n"))
    terminal.complain(f"{len(done)} of {len(tasks)} targets in {time.monotonic() - started_s:.0f} s")
    return exit_code(done, stopped=len(done) < len(tasks))


def exit_code(done: Sequence[Precise], *, stopped: bool) -> int:
    """Return what these results mean together."""
    if any(one.violations for one in done):
        return EXIT_CODES[Verdict.INVALID]
    if stopped or any(one.problems for one in done):
        return EXIT_HARNESS_FAILED
    return EXIT_CODES[Verdict.UNKNOWN if any(one.doubts for one in done) else Verdict.VALID]


def run_portion(task: Task) -> Precise:
    """Load one clean target and say what was found."""
    started_s = time.monotonic()
    clean = task.portion.clean
    run = None
    try:
        settings = _settings(task)
        run = make_run(settings, (clean.column,), ("crosstalk", "precision"))
        load = Load(settings, task.portion.operations, 1, lambda _: True, clients=CLIENTS)
        report, failed = load_and_judge(run, run.column(clean.column), load)
    except (TargetError, StoreError, OSError) as error:
        return Precise(task.portion, 0, problems=(str(error),), seconds=time.monotonic() - started_s)
    doubts = tuple(_doubts(report.results))
    done = Precise(
        task.portion,
        report.measures.operations,
        violations=tuple(v.explanation for result in report.results for v in result.violations),
        doubts=doubts,
        problems=tuple(report.facts.doubts) if failed else (),
        seconds=time.monotonic() - started_s,
    )
    if task.keep and (done.violations or done.doubts or done.problems):
        return replace(done, evidence=str(run.path))
    shutil.rmtree(run.path, ignore_errors=True)
    return done


def _settings(task: Task) -> Settings:
    clean = task.portion.clean
    values = {
        "worker_model": clean.model,
        "server": clean.server,
        "faults": clean.fault,
        "operations": str(task.portion.operations),
        "seed": str(task.seed),
        "reports": task.folder,
        **dict(clean.options),
    }
    return parse_settings(values, gather_catalogue())


def _doubts(results: Sequence[Result]) -> list[str]:
    return [doubt for one in results if one.invariant not in _AMOUNTS for doubt in one.doubts]


def _run(tasks: Sequence[Task], jobs: int, terminal: Terminal) -> list[Precise]:
    done: list[Precise] = []
    with Interrupts() as interrupts:
        for one in run_many(run_portion, tasks, jobs, lambda: interrupts.asked):
            done.append(one)
            terminal.progress(f"{len(done)} of {len(tasks)} targets")
    terminal.progress("")
    return done


def _models(text: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip())) or MODELS
    for item in chosen:
        if item not in MODELS:
            raise UsageError(f"--models: there is no {item!r}; choose from {', '.join(MODELS)}")
    return chosen
