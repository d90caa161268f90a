"""The folder that holds the runs: what is in it, and what of it may be deleted.

The rule this file guards: **only what is ours and old is deleted, and nothing is reached through a link.** A
run is a folder (no link to one) with the name we give, which holds a ``run.json`` of ours; all else in
the folder is left alone, whatever it is called. Deleting goes by file descriptors from there on, so that a
link inside is removed and never followed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path

from .files import StoreError
from .runs import Run, open_run

#: ``YYYYMMDD-HHMMSS-<6 hex>``: what :func:`harness.store.runs.new_run` calls a run.
RUN_NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")
#: The page that lists the runs of a folder.
INDEX = "index.html"


def list_runs(reports: Path) -> list[Run]:
    """Return the runs of a folder, the newest first; [] without the folder."""
    try:
        names = sorted((entry.name for entry in os.scandir(reports) if _may_be_run(entry)), reverse=True)
    except OSError:
        return []
    found = []
    for name in names:
        try:
            found.append(open_run(reports / name))
        except StoreError:
            continue  # not ours, or damaged: it is no run we may list or delete
    return found


def newest_run(reports: Path) -> Run:
    """Return the newest run that has a report.

    :raises StoreError: if there is none.
    """
    for run in list_runs(reports):
        if is_file(run.report_path):
            return run
    raise StoreError(f"there is no report in {reports}: run `crosstalk run` first, or name another --reports")


def size_of(run: Run) -> int:
    """Return the bytes that a run's own files take; links count as nothing."""
    total = 0
    for folder, _, files in os.walk(run.path, followlinks=False):
        for name in files:
            state = (Path(folder) / name).lstat()
            total += state.st_size if stat.S_ISREG(state.st_mode) else 0
    return total


def delete_run(run: Run) -> None:
    """Delete a run's folder.

    :raises StoreError: if it is no folder of a run of ours any more, or can't be deleted.
    """
    if not RUN_NAME.fullmatch(run.name) or run.path.is_symlink() or not is_file(run.meta_path):
        raise StoreError(f"{run.path} is no run of crosstalk: it is left alone")
    if not shutil.rmtree.avoids_symlink_attacks:
        raise StoreError("this system can't delete a folder without following links: delete it by hand")
    try:
        shutil.rmtree(run.path)
    except OSError as error:
        raise StoreError(f"can't delete {run.path}: {error.strerror or error}") from error


def is_file(path: Path) -> bool:
    """Return whether a regular file is there, a link to one not being one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _may_be_run(entry: os.DirEntry[str]) -> bool:
    return bool(RUN_NAME.fullmatch(entry.name)) and entry.is_dir(follow_symlinks=False)
