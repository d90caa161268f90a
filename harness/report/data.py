"""What a report shows: plain data, filled by the pipeline, rendered by the other files here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.history.event import Event
from harness.history.exercise import Exercise
from harness.history.facts import ColumnFacts
from harness.history.measures import Measures, ScenarioMeasures
from harness.verdict import Result, Verdict

__all__ = [
    "CodePlace",
    "ColumnReport",
    "Detail",
    "Measures",
    "ResourceSample",
    "RunReport",
    "ScenarioMeasures",
]


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
class Detail:
    """What a client kept of an operation that did not go as it should, redacted."""

    text: str  # what came back
    sent: str = ""  # what was sent


@dataclass(frozen=True, slots=True)
class CodePlace:
    """A line of the target's code."""

    file: str
    line: int
    function: str = ""
    code: str = ""  # the line's text

    @property
    def short(self) -> str:
        """The place as a reader needs it: the last parts of the path, and the line."""
        return f"{'/'.join(self.file.replace(chr(92), '/').split('/')[-3:])}:{self.line}"


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
    details: dict[int, Detail] = field(default_factory=dict)  # of operations that a violation names
    exercise: Exercise = field(default_factory=Exercise)
    places: dict[str, CodePlace] = field(default_factory=dict)  # checkpoint -> where it is announced
    stories: dict[int, tuple[Event, ...]] = field(default_factory=dict)  # all events of shown operations
    reproducers: dict[str, str] = field(default_factory=dict)  # anomaly -> a program that shows it again


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything a report says of one run."""

    run: str  # the run's name
    meta: dict[str, Any]  # run.json
    verdict: Verdict
    exit_code: int
    columns: tuple[ColumnReport, ...]
    doubts: tuple[str, ...] = ()  # of the run as a whole
