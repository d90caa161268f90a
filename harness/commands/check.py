"""`crosstalk check RUN`: judge a recorded run again, offline; imports nothing that the run names."""

from __future__ import annotations

from pathlib import Path

from harness.pipeline import judge_run
from harness.store.runs import open_run

from .run import conclude
from .terminal import Terminal


def execute(path: str, terminal: Terminal) -> int:
    """Judge the run at *path* again, rewrite its verdict and reports; return the exit code.

    :raises StoreError: if it is no run of ours.
    """
    run = open_run(Path(path))
    return conclude(run, judge_run(run), terminal)
