"""`crosstalk prune --keep N`: delete old runs; says what it deletes, and follows no link."""

from __future__ import annotations

import time
from pathlib import Path

from harness.bookshelf import write_index
from harness.report.figures import mebibytes, plural
from harness.store.runs import Run
from harness.store.shelf import delete_run, is_file, list_runs, size_of

from .run import shown_path
from .terminal import Terminal

#: A run without a verdict may still be going on; one that old is not.
ABANDONED_S = 24 * 3600.0


def execute(keep: int, reports: str, *, dry: bool, terminal: Terminal) -> int:
    """Delete all runs in *reports* but the newest *keep*; return 0. *dry*: only say what would be.

    :raises StoreError: if a run can't be deleted.
    """
    folder = Path(reports).resolve()
    runs = list_runs(folder)
    total = 0
    deleted = 0
    for run in runs[keep:]:
        if _goes_on(run):
            terminal.say(f"left alone {shown_path(run.path)}: it has no verdict, and may still be running")
            continue
        size = size_of(run)
        if not dry:
            delete_run(run)
        terminal.say(f"{'would delete' if dry else 'deleted'} {shown_path(run.path)} ({mebibytes(size)})")
        total += size
        deleted += 1
    said = f"{plural(deleted, 'run')}, {mebibytes(total)}"
    terminal.say(f"{said}; {plural(len(runs) - (0 if dry else deleted), 'run')} in {shown_path(folder)}")
    if not dry and folder.is_dir():
        write_index(folder)
    return 0


def _goes_on(run: Run) -> bool:
    if is_file(run.verdict_path):
        return False
    return time.time() - run.path.lstat().st_mtime < ABANDONED_S
