"""What the page shows of one column, prepared so that the template only places it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from harness.history.canary import name_canary, to_text
from harness.history.steps import Step
from harness.verdict import Violation

from .charts import latency_chart, line_chart
from .data import CodePlace, ColumnReport
from .doubts import column_doubts
from .evidence import EvidenceLine, evidence_lines
from .figures import MIB, count, milliseconds, plural, seconds, short
from .hooks import HookLine, hook_lines
from .redact import redact
from .unexercised import of_column

#: Of column.json: what a table of settings leaves out, and what only a user's own application has.
_TOLD_ELSEWHERE = frozenset({"format", "routes", "skipped"})
_OF_APPS = frozenset({"app", "framework", "shared", "named"})
#: Operations named one by one; of more, the rest is counted.
CUT_OFF_MAX = 40


@dataclass(frozen=True, slots=True)
class CycleLine:
    """One step of the request cycle as a column went through it."""

    number: int
    step: str
    times: int
    place: CodePlace | None


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawing and its caption."""

    caption: str
    drawing: Markup


@dataclass(frozen=True, slots=True)
class ColumnSection:
    """Everything the page shows of one column."""

    anchor: str
    column: ColumnReport
    evidence: tuple[EvidenceLine, ...]
    doubts: tuple[str, ...]
    hooks: tuple[HookLine, ...]
    cycle: tuple[CycleLine, ...]
    missing: tuple[str, ...]  # what was not exercised
    settings: tuple[tuple[str, str], ...]
    charts: tuple[Chart, ...]
    latencies: Markup
    cut_off: str


def make_section(column: ColumnReport, number: int) -> ColumnSection:
    """Return the section of the *number*-th column (from 1)."""
    anchor = f"column-{number}"
    return ColumnSection(
        anchor,
        column,
        evidence_lines(column),
        column_doubts(column),
        hook_lines(column),
        _cycle(column),
        tuple(of_column(column)),
        _settings(column.meta),
        tuple(chart for chart in _charts(column) if chart.drawing),
        latency_chart(column.measures.scenarios),
        name_operations(column.cut_off),
    )


def name_operations(operations: tuple[int, ...]) -> str:
    """Return operations by name, at most :data:`CUT_OFF_MAX` of them."""
    named = ", ".join(name_canary(operation) for operation in operations[:CUT_OFF_MAX])
    more = len(operations) - CUT_OFF_MAX
    return f"{named} and {count(more)} more" if more > 0 else named


def details_of(column: ColumnReport, violation: Violation) -> tuple[tuple[str, str], ...]:
    """Return what came back for the operations of a violation, redacted."""
    return tuple(
        (f"{name_canary(op)} ({to_text(op)})", redact(column.details[op].text))
        for op in violation.operations
        if op in column.details
    )


def one_host(column: ColumnReport) -> bool:
    """Return whether clients and target share a clock; recorded as ``hosts`` in the column's file."""
    return bool(column.meta.get("hosts", 1) == 1)


def measures_line(column: ColumnReport) -> str:
    """Return a column's measures in one line."""
    m = column.measures
    return (
        f"{plural(m.operations, 'operation')} in {seconds(m.duration_s)} ({short(m.operations_per_s)}/s): "
        f"{count(m.ok)} ok, {count(m.fail)} fail, {count(m.info)} info"
    )


def slowest_line(column: ColumnReport) -> str:
    """Return the scenario with the greatest 99th percentile in one line, '' if there is none."""
    worst = max(column.measures.scenarios, key=lambda s: s.latency_ms_p99, default=None)
    if worst is None:
        return ""
    return f"slowest scenario {worst.scenario}: p99 {milliseconds(worst.latency_ms_p99)}"


def _cycle(column: ColumnReport) -> tuple[CycleLine, ...]:
    times = dict(column.exercise.steps)
    if not any(times.values()):
        return ()
    return tuple(
        CycleLine(step, step.label, times.get(step.label, 0), column.places.get(step.label)) for step in Step
    )


def _settings(meta: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    hidden = _TOLD_ELSEWHERE if meta.get("app") else _TOLD_ELSEWHERE | _OF_APPS
    return tuple(
        (name.replace("_", " "), setting_text(value)) for name, value in meta.items() if name not in hidden
    )


def setting_text(value: object) -> str:
    """Return one value of a meta file as a reader reads it."""
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def _charts(column: ColumnReport) -> list[Chart]:
    per_second = [(float(at), float(n)) for at, n in enumerate(column.measures.per_second)]
    samples = column.resources
    return [
        Chart(
            "Operations completed in each second", line_chart(per_second, "Operations a second", peaks=False)
        ),
        Chart(
            "CPU of the target, % of one core", line_chart([(s.t_s, s.cpu_percent) for s in samples], "CPU %")
        ),
        Chart(
            "Resident memory of the target, MiB",
            line_chart([(s.t_s, s.rss_bytes / MIB) for s in samples], "MiB"),
        ),
        Chart("Threads of the target", line_chart([(s.t_s, float(s.threads)) for s in samples], "Threads")),
        Chart(
            "Open files of the target",
            line_chart([(s.t_s, float(s.open_files)) for s in samples], "Open files"),
        ),
        Chart(
            "Processes of the target", line_chart([(s.t_s, float(s.processes)) for s in samples], "Processes")
        ),
    ]
