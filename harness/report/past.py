"""Runs that were judged before, as their files tell; untrusted, so that every field is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness import records
from harness.records import RecordError
from harness.verdict import Verdict

from .as_json import FORMAT

_VERDICTS = frozenset(verdict.word for verdict in Verdict)


@dataclass(frozen=True, slots=True)
class Brief:
    """``brief.json``: what a list of runs shows of one."""

    run: str
    verdict: str
    exit_code: int
    meaning: str
    columns: dict[str, str]  # column -> its verdict
    operations: int
    seed: int | None = None
    created_utc: str = ""


@dataclass(frozen=True, slots=True)
class PastResult:
    """One invariant in one column."""

    invariant: str
    title: str
    state: str
    count: int
    kinds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastMeasures:
    """Throughput of one column."""

    operations: int
    operations_per_s: float | None = None
    per_second: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PastColumn:
    """One column of a run."""

    name: str
    verdict: str
    results: tuple[PastResult, ...]
    measures: PastMeasures


@dataclass(frozen=True, slots=True)
class _Head:
    run: str
    verdict: str
    exit_code: int
    meaning: str


@dataclass(frozen=True, slots=True)
class PastRun:
    """What ``verdict.json`` says of a run, as far as runs are compared by it."""

    run: str
    verdict: str
    exit_code: int
    meaning: str
    meta: dict[str, Any]
    columns: tuple[PastColumn, ...]


def read_brief(raw: object) -> Brief:
    """Return the record of a ``brief.json``. :raises RecordError: if it is none of ours."""
    brief = records.from_json(Brief, _of_our_format(raw, "brief.json"), "brief.json")
    _check_verdicts(brief.verdict, *brief.columns.values())
    return brief


def read_past(raw: object) -> PastRun:
    """Return what a ``verdict.json`` says. :raises RecordError: if it is none of ours."""
    where = "verdict.json"
    fields = _of_our_format(raw, where)
    head = records.from_json(_Head, fields, where)
    columns = tuple(_column(one) for one in _list(fields, "columns", where))
    _check_verdicts(head.verdict, *(column.verdict for column in columns))
    meta = fields.get("meta")
    return PastRun(
        head.run,
        head.verdict,
        head.exit_code,
        head.meaning,
        meta if isinstance(meta, dict) else {},
        columns,
    )


@dataclass(frozen=True, slots=True)
class _ColumnHead:
    name: str
    verdict: str


def _column(raw: object) -> PastColumn:
    where = "verdict.json: a column"
    head = records.from_json(_ColumnHead, raw, where)
    fields = raw if isinstance(raw, dict) else {}
    results = tuple(records.from_json(PastResult, one, where) for one in _list(fields, "results", where))
    measures = records.from_json(PastMeasures, fields.get("measures"), where)
    return PastColumn(head.name, head.verdict, results, measures)


def _of_our_format(raw: object, where: str) -> dict[str, Any]:
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise RecordError(f"{where} is not of format {FORMAT}")
    return raw


def _list(fields: dict[str, Any], name: str, where: str) -> list[object]:
    found = fields.get(name)
    if not isinstance(found, list):
        raise RecordError(f"{where} lacks the list {name!r}")
    return found


def _check_verdicts(*words: str) -> None:
    for word in words:
        if word not in _VERDICTS:
            raise RecordError(f"{word!r} is no verdict")
