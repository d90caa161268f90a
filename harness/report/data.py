"""What a report shows: plain data, filled by the pipeline, rendered by the other files here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.history.facts import ColumnFacts
from harness.history.measures import Measures, ScenarioMeasures
from harness.verdict import Result, Verdict

__all__ = ["ColumnReport", "Measures", "ResourceSample", "RunReport", "ScenarioMeasures"]


@dataclass(frozen=True, slots=True)
class ResourceSample:
    """One look at the target's processes together."""

    t_s: float  # since the target started
    processes: int
    cpu_percent: float
    rss_bytes: int
    threads: int
    open_files: int


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """Everything a report says of one column."""

    name: str  # "thread-gthread"
    meta: dict[str, Any]  # column.json
    facts: ColumnFacts
    verdict: Verdict
    results: tuple[Result, ...]
    measures: Measures
    resources: tuple[ResourceSample, ...] = ()
    cut_off: tuple[int, ...] = ()  # canaries of operations whose worker was killed under them
    details: dict[int, str] = field(default_factory=dict)  # operation -> redacted text that came back


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything a report says of one run."""

    run: str  # the run's name
    meta: dict[str, Any]  # run.json
    verdict: Verdict
    exit_code: int
    columns: tuple[ColumnReport, ...]
    doubts: tuple[str, ...] = ()  # of the run as a whole
