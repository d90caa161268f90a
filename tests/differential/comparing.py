"""Both frameworks on one case: what each did, and what may not differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from difflib import ndiff

from tests.differential.description import Case
from tests.differential.deviations import DEVIATIONS, Deviation
from tests.differential.frameworks import FLASK, OURS, Framework
from tests.differential.outline import outline, spelled
from tests.differential.repairs import Repair
from tests.differential.serving import Result, Server


class DifferenceError(AssertionError):
    """The frameworks differ outside the table of deviations; the message shows the case and how."""


@dataclass(frozen=True)
class Expected:
    """What a framework must do with a case: Flask's results, with the *deviations* that showed."""

    results: tuple[Result, ...]
    deviations: tuple[Deviation, ...]


def expected(case: Case, table: tuple[Deviation, ...] = DEVIATIONS) -> Expected:
    """Run *case* on Flask, again with each repair whose defect shows, until none is left."""
    repairs: frozenset[Repair] = frozenset()
    while True:
        results = Server(case, FLASK, repairs).serve()
        showed = {
            row.repair
            for row in table
            for ask, result in zip(case.asks, results, strict=True)
            if row.shows(case, ask, result)
        }
        if showed <= repairs:
            break
        repairs |= showed
    applied = tuple(row for row in table if row.repair in repairs)
    for row in applied:
        results = tuple(row.normalise(ask, result) for ask, result in zip(case.asks, results, strict=True))
    return Expected(results, applied)


def compare(
    case: Case, framework: Framework = OURS, table: tuple[Deviation, ...] = DEVIATIONS
) -> tuple[Deviation, ...]:
    """Run *case* on both; return the deviations that applied.

    :raises DifferenceError: if anything else differs.
    """
    wanted = expected(case, table)
    results = Server(case, framework).serve()
    if results != wanted.results:
        raise DifferenceError("\n".join(_told(case, framework, wanted, results)))
    return wanted.deviations


def _told(case: Case, framework: Framework, wanted: Expected, results: tuple[Result, ...]) -> Iterator[str]:
    yield f"{framework.name} differs from Flask 3.1.3"
    applied = ", ".join(str(row.repair) for row in wanted.deviations) or "none"
    yield f"accepted deviations that were taken into account: {applied}"
    yield ""
    yield from outline(case)
    for number, (flask, other) in enumerate(zip(wanted.results, results, strict=True)):
        if flask != other:
            yield ""
            yield f"request {number}: - expected from Flask, + {framework.name}"
            yield from _difference(flask, other)
    yield ""
    yield f"to try it again: compare({spelled(case)})"


def _difference(flask: Result, other: Result) -> Iterator[str]:
    for field in fields(Result):
        one, two = getattr(flask, field.name), getattr(other, field.name)
        if one == two:
            continue
        yield f"  {field.name}:"
        if not isinstance(one, tuple):
            one, two = (one,), (two,)
        yield from (f"    {line}" for line in ndiff([str(x) for x in one], [str(x) for x in two]))
