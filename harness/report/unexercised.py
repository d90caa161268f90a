"""What a run did not go through: silence about it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.blackbox.carrying import FLOAT_CLIENTS, FLOAT_WORKERS
from harness.history.scenarios import PROBED, Scenario

from .data import ColumnReport, RunReport


def unexercised(report: RunReport) -> list[str]:
    """Return what no column went through, in words."""
    found: dict[str, int] = {}
    for column in report.columns:
        for what in of_column(column):
            found[what] = found.get(what, 0) + 1
    return [what for what, columns in found.items() if columns == len(report.columns)]


def unexercised_by_column(report: RunReport) -> list[str]:
    """Return what any column did not go through, each once; the column is named unless it is all of them."""
    found: dict[str, list[str]] = {}
    for column in report.columns:
        for what in dict.fromkeys(of_column(column)):
            found.setdefault(what, []).append(column.name)
    every = len(report.columns)
    return [what if len(names) == every else f"{', '.join(names)}: {what}" for what, names in found.items()]


def of_column(column: ColumnReport) -> list[str]:
    """Return what one column did not go through: scenarios, steps of the cycle, looks of the probes.

    Of a user's own application: its routes, and why.
    """
    if column.facts.app:
        notes = [note for result in column.results for note in result.notes]
        return [*notes, *never_sent(column.meta)]
    sent = {scenario.scenario for scenario in column.measures.scenarios}
    missing = [
        f"scenario {one.name.lower()}" for one in Scenario if one in PROBED and one.name.lower() not in sent
    ]
    missing += [f"step {name}" for name, times in column.exercise.steps if not times]
    missing += [f"look {name}" for name, times in column.exercise.looks if not times]
    return missing


def never_sent(meta: Mapping[str, Any]) -> list[str]:
    """Return the rules that were left out, and the fields that carry no canary, as column.json has them.

    ``skipped``: each with ``rule`` and ``why``; ``routes``: each with ``label`` and ``fields``;
    ``load_workers`` and ``users`` of each of them: so many that floats have no room for all.
    """
    room = _room_of_floats(meta)
    said = [f"{each['rule']}: {each['why']}" for each in meta.get("skipped") or ()]
    for route in meta.get("routes") or ():
        bare = [str(field["name"]) for field in route["fields"] if not field["kind"]]
        if bare:
            said.append(f"{route['label']}: {', '.join(bare)} carries no canary")
        floats = [str(field["name"]) for field in route["fields"] if field["kind"] == "float"]
        if floats and room:
            said.append(f"{route['label']}: {', '.join(floats)} carries no canary beyond {room}")
    return said


def _room_of_floats(meta: Mapping[str, Any]) -> str:
    """Return up to how many callers a float carries a canary, '' if there are no more."""
    workers, users = int(meta.get("load_workers") or 1), int(meta.get("users") or 0)
    if workers >= FLOAT_WORKERS:  # numbers of Locust's workers begin at 1
        return f"{FLOAT_WORKERS - 1} load workers"
    return f"{FLOAT_CLIENTS:,} clients" if users > FLOAT_CLIENTS * workers else ""
