"""A result as lines of text, and the committed copy that it is held to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from harness.checkers.checkpoints import label
from harness.history.canary import name_canary
from harness.history.event import Event
from harness.history.layout import Field, Kind, Side
from harness.verdict import Result


def describe(event: Event) -> str:
    if event.side is Side.CLIENT:
        kind, point = Kind(event["kind"]), event["point"]
        what = f"observe {Field(point).name.lower()}" if kind is Kind.OBSERVE else kind.name.lower()
    else:
        what = label(event["kind"], event["point"])
    return f"{event.source} #{event.number} {name_canary(event['op'])} {what}"


def lines(result: Result) -> Iterator[str]:
    looked = "" if result.looked else ", not looked at"
    yield f"{result.invariant} {result.verdict.word}{looked}: {result.count} {dict(result.facts)}"
    if result.kinds:
        yield f"  = {', '.join(f'{number} {anomaly}' for anomaly, number in result.kinds.items())}"
    for doubt in result.doubts:
        yield f"  ? {doubt}"
    for note in result.notes:
        yield f"  ~ {note}"
    if result.cut_off:
        yield f"  cut off: {', '.join(map(name_canary, result.cut_off))}"
    for violation in result.violations:
        what = f"{violation.invariant} {violation.anomaly} at {violation.checkpoint}"
        yield f"  ! {what}: {violation.explanation}"
        yield f"    of {', '.join(map(name_canary, violation.operations))}"
        yield from (f"    - {describe(event)}" for event in violation.witness)


def hold(path: Path, text: str) -> None:
    """Compare *text* with the committed file; CROSSTALK_UPDATE_GOLDEN writes it instead."""
    if os.environ.get("CROSSTALK_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
