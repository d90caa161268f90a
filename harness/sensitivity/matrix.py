"""What was found in each cell of the matrix fault x column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.verdict import Result, Verdict

from .expectation import COLUMNS
from .outcome import RIGHT, Outcome, Word, worst


def raised(results: Iterable[Result]) -> frozenset[str]:
    """Return the invariants that were violated."""
    return frozenset(result.invariant for result in results if result.verdict is Verdict.INVALID)


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault in one column, over all seeds it was run with."""

    outcomes: tuple[Outcome, ...]

    @property
    def word(self) -> Word:
        """The worst that any seed said."""
        return worst(outcome.word for outcome in self.outcomes)

    @property
    def right(self) -> bool:
        """Whether every alarm that must ring did with every seed, and no other."""
        return self.word in RIGHT

    @property
    def first(self) -> int | None:
        """The most operations that any seed took until the first violation; None where none did."""
        return max((one.first for one in self.outcomes if one.first is not None), default=None)

    @property
    def found(self) -> frozenset[str]:
        """The invariants that any seed saw violated."""
        return frozenset().union(*(outcome.found for outcome in self.outcomes))


@dataclass(frozen=True, slots=True)
class Matrix:
    """All cells: a row of them for each fault, in the order they were asked for."""

    faults: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]

    def row(self, fault: str) -> tuple[Cell | None, ...]:
        """Return the cells of a fault, None for one that was not run."""
        return tuple(self.cells.get((fault, column)) for column in self.columns)


def fill_matrix(outcomes: Iterable[Outcome]) -> Matrix:
    """Return the matrix of these outcomes; columns in the table's order."""
    by_cell: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        by_cell.setdefault((outcome.fault, outcome.column), []).append(outcome)
    cells = {key: Cell(tuple(sorted(several, key=lambda one: one.seed))) for key, several in by_cell.items()}
    faults = tuple(dict.fromkeys(fault for fault, _ in cells))
    columns = tuple(name for name in COLUMNS if any(column == name for _, column in cells))
    return Matrix(faults, columns, cells)
