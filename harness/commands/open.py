"""`crosstalk open`: show a report in the browser; the newest one, unless another is named."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from harness.bookshelf import write_index
from harness.store.files import StoreError
from harness.store.runs import open_run
from harness.store.shelf import is_file, newest_run

from .run import shown_path
from .terminal import Terminal


def execute(run: str, reports: str, *, index: bool, terminal: Terminal) -> int:
    """Open the report of *run*, of the newest run in *reports*, or (*index*) the list of them; return 0.

    The path is said in any case: where no browser can be started, that is all there is.

    :raises StoreError: if there is no such report.
    """
    path = _path(run, Path(reports), index=index)
    terminal.say(shown_path(path))
    if not _browse(path):
        terminal.complain("no browser could be started here: open the file named above")
    return 0


def _path(run: str, reports: Path, *, index: bool) -> Path:
    if index:
        return write_index(reports.resolve())
    found = open_run(Path(run)) if run else newest_run(reports.resolve())
    if not is_file(found.report_path):
        raise StoreError(f"{found.path} has no report: judge it first, with `crosstalk check {found.path}`")
    return found.report_path


def _browse(path: Path) -> bool:
    try:
        return webbrowser.open(path.as_uri())
    except webbrowser.Error:
        return False
