"""The runs of a folder, read for people: the page that lists them, and what is compared of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.store.files import StoreError, read_json, write_text
from harness.store.runs import Run
from harness.store.shelf import INDEX, is_file, list_runs

from .records import RecordError
from .report.comparison_page import Listed, render_index
from .report.past import Brief, PastRun, read_brief, read_past

#: Runs that a list names; older ones are counted.
LISTED_MAX = 200


def write_index(reports: Path) -> Path:
    """Write the page that lists the runs of a folder; return its path.

    :raises StoreError: if it can't be written.
    """
    runs = list_runs(reports)
    listed = [Listed(run.name, brief_of(run), is_file(run.report_path)) for run in runs[:LISTED_MAX]]
    path = reports / INDEX
    write_text(path, render_index(listed, max(len(runs) - LISTED_MAX, 0)))
    return path


def brief_of(run: Run) -> Brief | None:
    """Return what a run's verdict was in short; None without a verdict that can be read."""
    if not is_file(run.verdict_path):
        return None
    try:
        return read_brief(read_json(run.brief_path))
    except (StoreError, RecordError):
        return None


def read_runs(runs: Sequence[Run]) -> list[PastRun]:
    """Return what the verdicts of runs say.

    :raises StoreError: if one has no verdict, or none of ours.
    """
    found = []
    for run in runs:
        if not is_file(run.verdict_path):
            raise StoreError(f"{run.path} has no verdict: judge it first, with `crosstalk check {run.path}`")
        try:
            found.append(read_past(read_json(run.verdict_path)))
        except RecordError as error:
            raise StoreError(
                f"{run.path} can't be compared: {error}; judge it again with this crosstalk"
            ) from error
    return found
