"""What a run did not go through: silence about it says nothing."""

from __future__ import annotations

from harness.history.scenarios import Scenario

from .data import ColumnReport, RunReport


def unexercised(report: RunReport) -> list[str]:
    """Return what no column went through, in words."""
    found: dict[str, int] = {}
    for column in report.columns:
        for what in of_column(column):
            found[what] = found.get(what, 0) + 1
    return [what for what, columns in found.items() if columns == len(report.columns)]


def of_column(column: ColumnReport) -> list[str]:
    """Return what one column did not go through: scenarios, steps of the cycle, looks of the probes."""
    sent = {scenario.scenario for scenario in column.measures.scenarios}
    missing = [f"scenario {one.name.lower()}" for one in Scenario if one.name.lower() not in sent]
    missing += [f"step {name}" for name, times in column.exercise.steps if not times]
    missing += [f"look {name}" for name, times in column.exercise.looks if not times]
    return missing
