"""What a report shows: plain data, filled by the pipeline, rendered by the other files here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..history.facts import ColumnFacts
from ..verdict import Result, Verdict


@dataclass(frozen=True, slots=True)
class ScenarioMeasures:
    """How one kind of operation went; latencies from invoke to completion, in milliseconds."""

    scenario: str
    ok: int
    fail: int
    info: int
    latency_ms_p50: float
    latency_ms_p95: float
    latency_ms_p99: float
    latency_ms_max: float


@dataclass(frozen=True, slots=True)
class Measures:
    """Throughput and latency of one column, computed from the client's history."""

    operations: int
    ok: int
    fail: int
    info: int
    duration_s: float
    operations_per_s: float
    scenarios: tuple[ScenarioMeasures, ...] = ()
    statuses: tuple[tuple[int, int], ...] = ()  # (HTTP status, how often)
    per_second: tuple[int, ...] = ()  # completions in each second of the run


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
