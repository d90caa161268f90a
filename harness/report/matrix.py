"""The matrix: invariants x columns, and in each cell one of four words.

The rule: what was not looked at is never shown as ok. A result that is missing, or whose checker
had nothing to look at, reads "not looked at"; only a result that looked and found nothing reads ok.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import wrap

from harness.verdict import Result, Verdict

from .data import ColumnReport, RunReport
from .figures import count


class State(StrEnum):
    """What a cell says."""

    OK = "ok"
    VIOLATED = "violated"
    UNKNOWN = "unknown"
    NOT_LOOKED_AT = "not looked at"


#: Where two results speak of one invariant, the heavier word is shown.
_WEIGHT = {State.NOT_LOOKED_AT: 0, State.OK: 1, State.UNKNOWN: 2, State.VIOLATED: 3}


#: A title that is squeezed into less is no longer read.
TITLE_WIDTH_MIN = 30


@dataclass(frozen=True, slots=True)
class Cell:
    """One invariant in one column."""

    column: str
    state: State
    count: int = 0  # violations found

    @property
    def text(self) -> str:
        """What the cell reads: ``ok``, ``violated (3)``, ``unknown``, ``not looked at``."""
        return f"{self.state} ({count(self.count)})" if self.state is State.VIOLATED else str(self.state)


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One invariant in every column."""

    invariant: str
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Invariants x columns."""

    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]


def make_matrix(report: RunReport) -> Matrix:
    """Return the matrix of a run: a row per invariant that any column has, in the order of first mention."""
    titles: dict[str, str] = {}
    for column in report.columns:
        for result in column.results:
            titles.setdefault(result.invariant, result.title)
    rows = tuple(
        MatrixRow(invariant, title, tuple(_cell(column, invariant) for column in report.columns))
        for invariant, title in titles.items()
    )
    return Matrix(tuple(column.name for column in report.columns), rows)


def state_of(result: Result) -> State:
    """Return the word for one result."""
    if result.verdict is Verdict.INVALID:
        return State.VIOLATED
    if not result.looked:
        return State.NOT_LOOKED_AT
    return State.OK if result.verdict is Verdict.VALID else State.UNKNOWN


def _cell(column: ColumnReport, invariant: str) -> Cell:
    cells = [Cell(column.name, state_of(r), r.count) for r in column.results if r.invariant == invariant]
    worst = max(cells, key=lambda cell: _WEIGHT[cell.state], default=None)
    return worst or Cell(column.name, State.NOT_LOOKED_AT)


def matrix_text(matrix: Matrix, width: int) -> list[str]:
    """Return the matrix as lines of text: titles at the right, wrapped; blocks if *width* is too small."""
    ids = max((len(row.invariant) for row in matrix.rows), default=0)
    widths = [
        max([len(name), *(len(row.cells[at].text) for row in matrix.rows)])
        for at, name in enumerate(matrix.columns)
    ]
    left = ids + 2 + sum(w + 2 for w in widths)
    if width - left < TITLE_WIDTH_MIN:
        return _blocks(matrix, ids, width)
    lines = [" " * (ids + 2) + _cells(matrix.columns, widths).rstrip()]
    for row in matrix.rows:
        start = f"{row.invariant:<{ids}}  {_cells([cell.text for cell in row.cells], widths)}"
        lines += wrap(row.title, width, initial_indent=start, subsequent_indent=" " * left)
    return lines


def _cells(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"{text:<{w}}  " for text, w in zip(texts, widths, strict=True))


def _blocks(matrix: Matrix, ids: int, width: int) -> list[str]:
    lines = []
    for at, name in enumerate(matrix.columns):
        cells = [row.cells[at].text for row in matrix.rows]
        wide = max((len(cell) for cell in cells), default=0)
        lines.append(f"{name}:")
        for cell, row in zip(cells, matrix.rows, strict=True):
            start = f"  {cell:<{wide}}  {row.invariant:<{ids}}  "
            lines += wrap(row.title, max(width, 60), initial_indent=start, subsequent_indent=" " * len(start))
    return lines
