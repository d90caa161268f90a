"""Runs as Locust leaves them, small and made here."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from harness.history.journal import JournalWriter
from harness.history.layout import DETAIL_SHIFT, KIND_SHIFT, SCENARIO_SHIFT, Kind, Side
from harness.history.scenarios import Scenario
from harness.store.metadata import ColumnMeta, RunMeta
from harness.store.runs import Column, Run, new_run

COLUMN = ColumnMeta("thread", "gthread", 8, ("127.0.0.1", 40001), seed=7, inside=False, black_box=True)
#: What EVIDENCE asks of a black box.
ENOUGH = 500


def make_run(folder: Path, *columns: str) -> Run:
    return new_run(folder, RunMeta(("crosstalk", "run"), 7, columns or ("thread-gthread",)))


def make_column(run: Run, name: str = "thread-gthread", *, inside: bool = False) -> Column:
    column = run.column(name)
    column.make()
    model, _, server = name.partition("-")
    column.write_meta(dataclasses.replace(COLUMN, model=model, server=server, inside=inside))
    return column


def operation(number: int) -> int:
    """Return the canary of one operation; two clients take turns."""
    return 1 << 60 | (number & 1) << 32 | number


def record_operations(run: Run, column: Column, count: int, *, status: int = 200, end: bool = True) -> None:
    """Record *count* HEAD requests, answered with *status*, or never."""
    journal = JournalWriter(column.client_journal("0"), Side.CLIENT, 4711, 1 << 20, run.name)
    for number in range(1, count + 1):
        for kind, value, detail in [(Kind.INVOKE, 0, 1), (Kind.OK, status, 0)][: 2 if end else 1]:
            meta = Scenario.HEAD << SCENARIO_SHIFT | kind << KIND_SHIFT | detail << DETAIL_SHIFT
            journal.write(number * 1_000_000 + kind, operation(number), 0, value, 0, 1, 1, meta)
    journal.close()
