"""The report as ``verdict.json``: what CI reads. The schema is documented in ``docs/verdict.md``.

The keys keep one order, so that two reports of the same run are the same bytes. The text is plain ASCII
without ``<``, ``>`` and ``&``: inert in a terminal, and in a page that embeds it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from harness.history.canary import to_text
from harness.history.event import Event
from harness.history.exercise import Exercise
from harness.history.facts import JournalFacts
from harness.inert import script_data
from harness.verdict import Result, Violation

from .data import CodePlace, ColumnReport, Detail, Measures, ResourceSample, RunReport, ScenarioMeasures
from .doubts import column_doubts
from .evidence import evidence_lines
from .matrix import state_of
from .narrate import what_happened
from .redact import redact
from .wording import command_again, sentence

FORMAT = 1

#: Columns of an event that hold canaries; they are written as 16 hexadecimal digits.
CANARIES = frozenset({"op", "request", "session", "g"})


def render_json(report: RunReport) -> str:
    """Return the report as JSON text."""
    return script_data(json.dumps(_run(report), indent=2, allow_nan=False)) + "\n"


def render_brief(report: RunReport) -> str:
    """Return the few facts of a run that a list of runs shows, as JSON text (``brief.json``)."""
    brief = {
        "format": FORMAT,
        "run": report.run,
        "verdict": report.verdict.word,
        "exit_code": report.exit_code,
        "meaning": sentence(report),
        "columns": {column.name: column.verdict.word for column in report.columns},
        "operations": sum(column.measures.operations for column in report.columns),
        "seed": _plain(report.meta.get("seed")),
        "created_utc": str(report.meta.get("created_utc", "")),
    }
    return script_data(json.dumps(brief, indent=1, allow_nan=False)) + "\n"


def _run(report: RunReport) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "run": report.run,
        "verdict": report.verdict.word,
        "exit_code": report.exit_code,
        "meaning": sentence(report),
        "again": command_again(report.meta),
        "doubts": list(report.doubts),
        "meta": _plain(report.meta),
        "columns": [_column(column) for column in report.columns],
    }


def _column(column: ColumnReport) -> dict[str, Any]:
    return {
        "name": column.name,
        "model": column.facts.model,
        "server": column.facts.server,
        "inside": column.facts.inside,
        "verdict": column.verdict.word,
        "doubts": list(column_doubts(column)),
        "evidence": [
            {"what": line.what, "seen": line.seen, "needed": line.needed, "word": line.word}
            for line in evidence_lines(column)
        ],
        "results": [_result(result) for result in column.results],
        "cut_off": [to_text(operation) for operation in column.cut_off],
        "measures": _measures(column.measures),
        "resources": [_sample(sample) for sample in column.resources],
        "journals": [_journal(journal) for journal in column.facts.journals],
        "details": _details(column, lambda detail: detail.text),
        "sent": _details(column, lambda detail: detail.sent),
        "exercise": _exercise(column.exercise),
        "places": {name: _place(place) for name, place in sorted(column.places.items())},
        "meta": _plain(column.meta),
    }


def _details(column: ColumnReport, part: Callable[[Detail], str]) -> dict[str, str]:
    """Return what was sent or came back, for those operations that a violation names and a client kept."""
    named = {
        op for result in column.results for violation in result.violations for op in violation.operations
    }
    kept = [(op, part(detail)) for op, detail in sorted(column.details.items()) if op in named]
    return {to_text(op): redact(text) for op, text in kept if text}


def _exercise(exercise: Exercise) -> dict[str, Any]:
    return {
        "switches": exercise.switches,
        "ways": exercise.ways,
        "busiest": [
            {"interrupted": way.interrupted, "went_on": way.went_on, "count": way.count}
            for way in exercise.busiest
        ],
        "steps": dict(exercise.steps),
        "looks": dict(exercise.looks),
    }


def _place(place: CodePlace) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "function": place.function, "code": place.code}


def _result(result: Result) -> dict[str, Any]:
    return {
        "invariant": result.invariant,
        "title": result.title,
        "state": str(state_of(result)),
        "verdict": result.verdict.word,
        "looked": result.looked,
        "count": result.count,
        "kinds": dict(result.kinds),
        "doubts": list(result.doubts),
        "facts": dict(result.facts),
        "cut_off": [to_text(operation) for operation in result.cut_off],
        **({"notes": list(result.notes)} if result.notes else {}),
        "violations": [_violation(violation) for violation in result.violations],
    }


def _violation(violation: Violation) -> dict[str, Any]:
    return {
        "anomaly": violation.anomaly,
        "explanation": violation.explanation,
        "checkpoint": violation.checkpoint,
        "operations": [to_text(operation) for operation in violation.operations],
        "witness": [_event(event) for event in violation.witness],
    }


def _event(event: Event) -> dict[str, Any]:
    fields = {
        name: to_text(value) if name in CANARIES else value
        for name, value in event.fields
        if name not in ("t", "value", "expected")
    }
    # Values may be any 64-bit number; as text they survive readers that know only doubles.
    values = {name: f"{value:016x}" for name, value in event.fields if name in ("value", "expected")}
    return {
        "side": event.side.name.lower(),
        "source": event.source,
        "record": event.number,
        "pid": event.pid,
        "t_ns": event["t"],
        "what": what_happened(event),
        **fields,
        **values,
    }


def _measures(measures: Measures) -> dict[str, Any]:
    return {
        "operations": measures.operations,
        "ok": measures.ok,
        "fail": measures.fail,
        "info": measures.info,
        "duration_s": _number(measures.duration_s),
        "operations_per_s": _number(measures.operations_per_s),
        "statuses": {str(status): number for status, number in measures.statuses},
        "per_second": list(measures.per_second),
        "scenarios": [_scenario(scenario) for scenario in measures.scenarios],
    }


def _scenario(scenario: ScenarioMeasures) -> dict[str, Any]:
    return {
        "scenario": scenario.scenario,
        "ok": scenario.ok,
        "fail": scenario.fail,
        "info": scenario.info,
        "latency_ms_p50": _number(scenario.latency_ms_p50),
        "latency_ms_p95": _number(scenario.latency_ms_p95),
        "latency_ms_p99": _number(scenario.latency_ms_p99),
        "latency_ms_max": _number(scenario.latency_ms_max),
    }


def _sample(sample: ResourceSample) -> dict[str, Any]:
    return {
        "t_s": _number(sample.t_s),
        "processes": sample.processes,
        "cpu_percent": _number(sample.cpu_percent),
        "rss_bytes": sample.rss_bytes,
        "threads": sample.threads,
        "open_files": sample.open_files,
    }


def _journal(journal: JournalFacts) -> dict[str, Any]:
    return {
        "side": journal.side.name.lower(),
        "source": journal.source,
        "pid": journal.pid,
        "committed": journal.committed,
        "closed": journal.closed,
        "torn": journal.torn,
        "lost": journal.lost,
        "gaps": journal.gaps,
        "problem": journal.problem,
    }


def _number(value: float) -> float | None:
    """Round for readers; null for what is no number, which JSON can't say."""
    return round(value, 3) if math.isfinite(value) else None


def _plain(value: Any) -> Any:
    """Return a meta file's content with only what JSON can say."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)
