"""`crosstalk sensitivity`: the matrix fault x column, against what is expected of each cell."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.commands.interrupts import Interrupts, QuitError
from harness.commands.terminal import Terminal
from harness.options.table import UsageError
from harness.report.sensitivity_text import render_sensitivity_text
from harness.sensitivity.expectation import COLUMNS
from harness.sensitivity.expectations import EXPECTATIONS, find_expectation
from harness.sensitivity.matrix import fill_matrix
from harness.sensitivity.outcome import Outcome, Word, differences, name_fault
from harness.target import known_faults
from harness.verdict import EXIT_HARNESS_FAILED

from .cell import Task, run_cell
from .many import BrokenWorkerError, run_many

EXIT_AS_EXPECTED, EXIT_DIFFERENT = 0, 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for; text is not validated yet."""

    faults: str  # '' for all, with the target that has none
    columns: str
    seed: int
    seeds: int
    operations: int
    first: bool
    jobs: int
    out: str


def execute(asked: Asked, terminal: Terminal) -> int:
    """Run the cells, say the matrix; return 0, 1 if anything differs, 3 if the harness can't say.

    :raises UsageError: if a fault or a column is named that isn't there, or a fault nothing is expected of.
    :raises StoreError: if --out can't be written.
    """
    keys = [(fault, column) for fault in _faults(asked.faults) for column in _columns(asked.columns)]
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as scratch:
        folder = str(Path(asked.out) / "runs") if asked.out else scratch
        tasks = make_tasks(keys, asked, folder)
        try:
            outcomes = _run(tasks, asked.jobs, terminal)
        except QuitError:
            terminal.complain("quit at the second Ctrl-C: there is no matrix")
            return EXIT_HARNESS_FAILED
        except BrokenWorkerError as error:
            terminal.complain(str(error))
            return EXIT_HARNESS_FAILED
    order = {task_key: at for at, task_key in enumerate(keys)}
    outcomes.sort(key=lambda one: (order[one.fault, one.column], one.seed))
    told = [text for one in outcomes for text in tell(one)]
    terminal.say(render_sensitivity_text(fill_matrix(outcomes), {}, told).rstrip("\n"))
    terminal.say(f"{len(outcomes)} of {len(tasks)} cells in {time.monotonic() - started_s:.0f} s")
    if any(differences(one) for one in outcomes):
        return EXIT_DIFFERENT
    if len(outcomes) < len(tasks) or any(one.word is Word.FAILED for one in outcomes):
        return EXIT_HARNESS_FAILED
    return EXIT_AS_EXPECTED


def make_tasks(keys: Sequence[tuple[str, str]], asked: Asked, folder: str) -> list[Task]:
    """Return a task for each cell and seed.

    :raises UsageError: if nothing is expected of one of them.
    """
    try:
        return [
            Task(find_expectation(fault, column), column, seed, asked.operations, folder, asked.first)
            for seed in range(asked.seed, asked.seed + asked.seeds)
            for fault, column in keys
        ]
    except LookupError as error:
        raise UsageError(str(error)) from error


def tell(outcome: Outcome) -> tuple[str, ...]:
    """Return what is to be said of a cell that is not right, with where its evidence lies."""
    lines = differences(outcome)
    if outcome.word is Word.FAILED:
        where = f"in column {outcome.column} with seed {outcome.seed}"
        lines = (*lines, *(f"{name_fault(outcome.fault)} {where}: {text}" for text in outcome.problems))
    if lines and outcome.evidence and Path(outcome.evidence).exists():
        lines = (*lines, f"  its evidence: crosstalk check {outcome.evidence}")
    return lines


def _run(tasks: Sequence[Task], jobs: int, terminal: Terminal) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with Interrupts() as interrupts:
        for outcome in run_many(run_cell, tasks, jobs or os.cpu_count() or 1, lambda: interrupts.asked):
            outcomes.append(outcome)
            for text in tell(outcome):
                terminal.complain(text)
            terminal.progress(f"{len(outcomes)} of {len(tasks)} cells")
    terminal.progress("")
    return outcomes


def _faults(text: str) -> list[str]:
    known = list(dict.fromkeys(("", *(row.fault for row in EXPECTATIONS))))
    if not text:
        return [*(fault for fault in known), *sorted(set(known_faults()) - set(known))]
    return _chosen("--faults", text, sorted({*known, *known_faults()} - {""}))


def _columns(text: str) -> list[str]:
    return _chosen("--columns", text, list(COLUMNS)) if text else list(COLUMNS)


def _chosen(name: str, text: str, known: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))
    for item in chosen:
        if item not in known:
            raise UsageError(f"{name}: there is no {item!r}; choose from {', '.join(known)}")
    return chosen
