"""What each fault must raise under each worker model, and what it may; a table, and how to compare.

A row holds for one fault under some models. ``must``: each of these invariants has to be violated.
``may``: these are allowed to be, as further symptoms of the same defect. Any other violation is a
false alarm, and where nothing must be raised the whole matrix has to stay silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.verdict import Result, Verdict

MODELS = ("thread", "greenlet", "process")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one fault shows under some worker models."""

    fault: str  # the fault's id; "" for the target without any
    models: tuple[str, ...]
    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    why: str = ""


def _these(*invariants: str) -> frozenset[str]:
    return frozenset(invariants)


EXPECTATIONS: tuple[Expectation, ...] = (
    Expectation("", MODELS, why="a right target raises nothing"),
    Expectation(
        "global_request",
        ("thread", "greenlet"),
        must=_these("I1"),
        # Another's context is popped, closed and saved with the own one: nearly every law may break.
        may=_these("I0", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "CYCLE"),
        why="two requests in flight share the module's one slot",
    ),
    Expectation(
        "global_request",
        ("process",),
        why="a process serves one request at a time, so its one slot is never shared",
    ),
    Expectation(
        "teardown_error_stops_others",
        MODELS,
        must=_these("I6"),
        # A step that is not reached is missing in the cycle too.
        may=_these("CYCLE"),
        why="the callbacks after the one that raises never run, whoever serves the request",
    ),
)


def find_expectation(fault: str, model: str) -> Expectation:
    """Return what *fault* must show under *model*.

    :raises LookupError: if the table has no such row; the message says what to do.
    """
    for row in EXPECTATIONS:
        if row.fault == fault and model in row.models:
            return row
    raise LookupError(f"nothing is expected of fault {fault!r} under {model!r}: add a row to EXPECTATIONS")


def raised(results: Iterable[Result]) -> frozenset[str]:
    """Return the invariants that were violated."""
    return frozenset(result.invariant for result in results if result.verdict is Verdict.INVALID)


def compare(fault: str, model: str, results: Iterable[Result]) -> tuple[str, ...]:
    """Return how what was found differs from what was expected, a sentence each; () if it doesn't.

    :raises LookupError: as :func:`find_expectation`.
    """
    expected = find_expectation(fault, model)
    found = raised(results)
    name = f"fault {fault}" if fault else "the target without a fault"
    missed = (f"{name} must raise {one} under {model}, and did not" for one in sorted(expected.must - found))
    wrong = (
        f"{name} raised {one} under {model}, where it must stay silent"
        for one in sorted(found - expected.must - expected.may)
    )
    return (*missed, *wrong)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix of what was found."""

    expected: Expectation
    found: frozenset[str]

    @property
    def right(self) -> bool:
        """Whether every alarm that must ring did, and no other that must not."""
        return self.expected.must <= self.found <= self.expected.must | self.expected.may


def fill_matrix(found: Mapping[tuple[str, str], Iterable[Result]]) -> dict[tuple[str, str], Cell]:
    """Return the matrix of (fault, model) -> cell for what was found in each.

    :raises LookupError: as :func:`find_expectation`.
    """
    return {
        (fault, model): Cell(find_expectation(fault, model), raised(results))
        for (fault, model), results in found.items()
    }
