"""Every reason not to trust a run or a column, each told once."""

from __future__ import annotations

from .data import ColumnReport, RunReport


def run_doubts(report: RunReport) -> tuple[tuple[str, str], ...]:
    """Return every doubt of the run and of its columns, as (where, sentence)."""
    own = [("run", doubt) for doubt in report.doubts]
    return (*own, *((column.name, doubt) for column in report.columns for doubt in column_doubts(column)))


def column_doubts(column: ColumnReport) -> tuple[str, ...]:
    """Return every reason why a column may be unknown, each once; a checker's own with its name."""
    said = dict.fromkeys([*column.facts.doubts, *(j.problem for j in column.facts.journals if j.problem)], "")
    for result in column.results:
        for doubt in result.doubts:
            said.setdefault(doubt, f"{result.invariant}: ")
    return tuple(prefix + doubt for doubt, prefix in said.items())
