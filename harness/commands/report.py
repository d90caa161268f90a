"""`crosstalk report RUN RUN ...`: what changed from the first run to the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.bookshelf import read_runs
from harness.options.table import UsageError
from harness.report.compare import compare_runs
from harness.report.comparison_page import render_comparison
from harness.report.comparison_text import render_comparison_text
from harness.store.files import write_text
from harness.store.runs import open_run

from .run import shown_path
from .terminal import Terminal

PAGE = "comparison.html"


def execute(paths: Sequence[str], page: str, terminal: Terminal) -> int:
    """Compare the runs at *paths* with the first of them; write the page, say what changed; return 0.

    The page goes to *page*, or beside the last run if that is ''. Comparing judges nothing: the exit code
    says only that it was done.

    :raises UsageError: if there are fewer than two runs.
    :raises StoreError: if one is no run of ours, or has no verdict; if the page can't be written.
    """
    if len(paths) < 2:
        raise UsageError("report compares runs: name two or more (`crosstalk open` shows one)")
    runs = [open_run(Path(path)) for path in paths]
    comparison = compare_runs(read_runs(runs))
    target = Path(page) if page else runs[-1].path.parent / PAGE
    write_text(target, render_comparison(comparison))
    terminal.say(render_comparison_text(comparison).rstrip("\n"))
    terminal.say()
    terminal.say(shown_path(target.resolve()))
    return 0
