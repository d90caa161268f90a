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
from harness.report.sensitivity.as_json import render_json
from harness.report.sensitivity.markdown import render_markdown
from harness.report.sensitivity.page import render_page
from harness.report.sensitivity.rows import Table, table_of
from harness.report.sensitivity.text import render_text
from harness.sensitivity.golden import Golden, differing, renew
from harness.sensitivity.matrix import Matrix, fill_matrix
from harness.sensitivity.outcome import Outcome, Word, differences, name_fault
from harness.store.files import write_text, writing
from harness.verdict import EXIT_HARNESS_FAILED

from .asking import Asked, Key, all_faults, choose, make_tasks
from .cell import Task, run_cell
from .golden_files import GOLDEN, describe, laws_of, read_golden, write_golden
from .many import BrokenWorkerError, run_many

EXIT_AS_EXPECTED, EXIT_DIFFERENT = 0, 1
#: How often a cell is run again that differs from the golden copy: what a naive check finds may be luck.
REPEATS = 2


@dataclass(frozen=True, slots=True)
class Done:
    """What a run of the command came to."""

    matrix: Matrix
    told: tuple[str, ...]  # differences and problems, a sentence each
    exit_code: int


def execute(asked: Asked, terminal: Terminal) -> int:
    """Run the cells, say the matrix; return 0, 1 if anything differs, 3 if the harness can't say.

    :raises UsageError: if what was asked for isn't there.
    :raises StoreError: if the golden copy can't be read, or a file can't be written.
    """
    keys = choose(asked)
    path = Path(asked.golden) if asked.golden else GOLDEN
    golden = read_golden(path)
    if not golden and not asked.update_golden:
        terminal.complain(
            f"there is no golden copy at {path}: the matrix is compared with expectations alone"
        )
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as scratch:
        folder = str(Path(asked.out) / "runs") if asked.out else scratch
        try:
            done = _run_all(keys, asked, golden, folder, terminal)
        except (QuitError, BrokenWorkerError) as error:
            terminal.complain(str(error) or "quit at the second Ctrl-C: there is no matrix")
            return EXIT_HARNESS_FAILED
    if asked.update_golden:
        renewed = renew(golden, done.matrix, frozenset(all_faults()))
        for written in write_golden(path, renewed, all_faults()):
            terminal.complain(f"renewed {written}")
    _publish(done, asked, terminal)
    terminal.complain(f"{len(done.matrix.cells)} cells in {time.monotonic() - started_s:.0f} s")
    return done.exit_code


def tell(outcome: Outcome) -> tuple[str, ...]:
    """Return what is to be said of a cell that is not right, with where its evidence lies."""
    lines = differences(outcome)
    if outcome.word is Word.FAILED:
        where = f"in column {outcome.column} with seed {outcome.seed}"
        lines = (*lines, *(f"{name_fault(outcome.fault)} {where}: {text}" for text in outcome.problems))
    if lines and outcome.evidence:
        lines = (*lines, f"  its evidence: crosstalk check {outcome.evidence}")
    return lines


def _run_all(keys: Sequence[Key], asked: Asked, golden: Golden, folder: str, terminal: Terminal) -> Done:
    """Run every cell, and again those that differ from the golden copy."""
    seeds = range(asked.seed, asked.seed + asked.seeds)
    tasks = make_tasks(keys, seeds, asked, folder)
    compared = {} if asked.first or asked.update_golden else golden
    with Interrupts() as interrupts:
        outcomes = _run(tasks, asked, interrupts, terminal)
        stopped = len(outcomes) < len(tasks)
        again = [key for key in keys if compared and _by_luck(outcomes, compared, key)]
        if again and not stopped:
            tasks = make_tasks(again, [asked.seed] * REPEATS, asked, folder)
            outcomes += _run(tasks, asked, interrupts, terminal)
    order = {key: at for at, key in enumerate(keys)}
    outcomes.sort(key=lambda one: (order[one.fault, one.column], one.seed))
    matrix = fill_matrix(outcomes)
    told = [text for one in outcomes for text in tell(one)]
    if compared:
        told += [
            text
            for (fault, column), cell in matrix.cells.items()
            for text in differing(compared, fault, column, cell)
        ]
    failed = stopped or any(one.word is Word.FAILED for one in outcomes)
    if stopped:
        told.append("stopped before every cell was run")
    differs = any(differences(one) for one in outcomes) or (bool(told) and not failed)
    code = EXIT_DIFFERENT if differs else EXIT_HARNESS_FAILED if failed else EXIT_AS_EXPECTED
    return Done(matrix, tuple(told), code)


def _by_luck(outcomes: Sequence[Outcome], golden: Golden, key: Key) -> bool:
    """Whether a cell differs from the golden copy in what a naive check finds."""
    cell = fill_matrix(one for one in outcomes if (one.fault, one.column) == key).cells.get(key)
    return cell is not None and key[1] in golden.get(key[0], {}) and any(differing(golden, *key, cell))


def _run(tasks: Sequence[Task], asked: Asked, interrupts: Interrupts, terminal: Terminal) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for outcome in run_many(run_cell, tasks, asked.jobs or os.cpu_count() or 1, lambda: interrupts.asked):
        outcomes.append(outcome)
        terminal.progress(f"{len(outcomes)} of {len(tasks)} cells")
    terminal.progress("")
    return outcomes


def _publish(done: Done, asked: Asked, terminal: Terminal) -> None:
    table = table_of(done.matrix, describe())
    terminal.say(_render(asked.format, done, table).rstrip("\n"))
    if not asked.out:
        return
    folder = Path(asked.out)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, form in (("matrix.txt", "text"), ("matrix.json", "json"), ("matrix.html", "html")):
        write_text(folder / name, _render(form, done, table))


def _render(form: str, done: Done, table: Table) -> str:
    if form == "json":
        return render_json(done.matrix, table, done.told, done.exit_code)
    if form == "html":
        return render_page(table, done.told, done.exit_code)
    if form == "md":
        return render_markdown(table, laws_of)
    return render_text(table, done.told)
