"""`crosstalk run`: the whole matrix, one verdict."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.options.table import Catalogue, Settings
from harness.pipeline import run_pipeline
from harness.report.data import RunReport
from harness.report.text import FINAL_WIDTH, render_text
from harness.report.wording import one_account
from harness.stage.hosted import bind_warning, check_hosting
from harness.stage.visiting import app_warning, read_urls
from harness.store.runs import Column, Run, read_doubts
from harness.verdict import EXIT_HARNESS_FAILED
from harness.workers.failure import last_lines, with_log

from .interrupts import Interrupts, QuitError
from .loading import Crowd, Watching, load_column
from .progress import Progress
from .step_summary import add_step_summary
from .terminal import Terminal

#: For each column, if nobody says when to end.
OPERATIONS = 5000


@dataclass(frozen=True, slots=True)
class Matrix:
    """What is to be run."""

    settings: Settings
    crowd: Crowd
    command: tuple[str, ...]


def execute(matrix: Matrix, catalogue: Catalogue, terminal: Terminal) -> int:
    """Run every column, say how far it is, then what the verdict is; return the exit code.

    The report's path is the last line.

    :raises StoreError: if the run's folder can't be made.
    :raises TargetError: if no target could be started with these settings.
    :raises UnknownWorkersError: if a column can't serve that many users.
    """
    settings = matrix.settings
    if settings.operations is None and settings.duration_s is None:
        settings = replace(settings, operations=OPERATIONS)
    pairs = settings.columns(catalogue)
    check_hosting(settings, pairs, matrix.crowd.users)
    read_urls(settings)
    warnings = (bind_warning(settings), app_warning(settings), one_account(settings.app.headers))
    for warning in filter(None, warnings):
        terminal.complain(warning)
    by_name = {f"{model}-{server}": (model, server) for model, server in pairs}
    said_before: set[str] = set()
    failed: set[str] = set()
    with Interrupts() as interrupts:
        watching = Watching(_progress(settings, list(by_name), terminal), lambda: interrupts.asked)

        def load(run: Run, column: Column) -> None:
            model, server = by_name[column.name]
            one = replace(settings, worker_model=(model,), server=(server,))
            if watching.asked():
                return
            terminal.progress(f"{column.name}: starting")
            started_s = time.monotonic()
            load_column(run, column, one, matrix.crowd, watching)
            if _complain_of_target(column, terminal, said_before):
                failed.add(column.name)
            how = "failed" if column.name in failed else "stopped" if interrupts.asked else "recorded"
            terminal.say(f"{column.name}: {how} after {time.monotonic() - started_s:.0f} s")

        try:
            run, report = run_pipeline(settings, list(by_name), matrix.command, load)
        except QuitError:
            terminal.progress("")
            terminal.complain("quit at the second Ctrl-C: there is no verdict")
            return EXIT_HARNESS_FAILED
    if failed == set(by_name) and not any(column.measures.operations for column in report.columns):
        return _give_up(run, report, terminal)
    return conclude(run, report, terminal)


def _give_up(run: Run, report: RunReport, terminal: Terminal) -> int:
    """Leave it at the reasons that were said: a matrix of what was not looked at would only hide them."""
    terminal.say("Nothing was asked: no target could start, for the reason above.")
    terminal.say(shown_path(run.report_path))
    return report.exit_code


def _complain_of_target(column: Column, terminal: Terminal, said_before: set[str]) -> bool:
    """Say why a target could not start, with its log's last lines: what hosted it has no terminal.

    What was said of another column already is not said again. Return whether there is such a reason.
    """
    reasons = [
        each.text for each in read_doubts(column.doubts_path) if each.failed and each.whose == "target"
    ]
    for text in reasons:
        if text not in said_before:
            said_before.add(text)
            terminal.complain(with_log(f"{column.name}: {text}", last_lines(column.target_log)))
    return bool(reasons)


def conclude(run: Run, report: RunReport, terminal: Terminal) -> int:
    """Say what a run's verdict is, and last where its report lies; return the exit code."""
    if problem := add_step_summary(report):
        terminal.complain(problem)
    terminal.say(render_text(report, FINAL_WIDTH, color=terminal.colour, causes_max=1).rstrip("\n"))
    terminal.say()
    terminal.say(shown_path(run.report_path))
    return report.exit_code


def shown_path(path: Path) -> str:
    """Return a path as short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _progress(
    settings: Settings, columns: list[str], terminal: Terminal
) -> Callable[[str, int, float], None]:
    line = Progress(settings, columns).line

    def progress(column: str, operations: int, seconds: float) -> None:
        terminal.progress(line(column, operations, seconds))

    return progress
