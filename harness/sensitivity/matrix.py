"""What was found in each cell of the matrix fault x column, against what had to be found there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.verdict import Result, Verdict

from .expectation import Expectation
from .expectations import find_expectation


def raised(results: Iterable[Result]) -> frozenset[str]:
    """Return the invariants that were violated."""
    return frozenset(result.invariant for result in results if result.verdict is Verdict.INVALID)


def compare(fault: str, column: str, results: Iterable[Result]) -> tuple[str, ...]:
    """Return how what was found differs from what was expected, a sentence each; () if it doesn't.

    :raises LookupError: as :func:`find_expectation`.
    """
    expected = find_expectation(fault, column)
    found = raised(results)
    name = f"fault {fault}" if fault else "the target without a fault"
    missed = (
        f"{name} must raise {one} in column {column}, and did not" for one in sorted(expected.must - found)
    )
    wrong = (
        f"{name} raised {one} in column {column}, where it must stay silent"
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
    """Return the matrix of (fault, column) -> cell for what was found in each.

    :raises LookupError: as :func:`find_expectation`.
    """
    return {
        (fault, column): Cell(find_expectation(fault, column), raised(results))
        for (fault, column), results in found.items()
    }
