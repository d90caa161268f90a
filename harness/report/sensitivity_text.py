"""The matrix of sensitivity as text, and the figures that stand below it in every form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.sensitivity.matrix import Cell, Matrix
from harness.sensitivity.outcome import RIGHT, Word

from .figures import plural

#: What the row of the target without a fault is called.
HEALTHY = "(no fault)"
_CHECKS = ("status only", "own user", "crosstalk")


@dataclass(frozen=True, slots=True)
class Figures:
    """How many faults each check found in at least one column where they have to be found."""

    faults: int
    status: int
    user: int
    crosstalk: int
    cells: int
    right: int

    @property
    def sentence(self) -> str:
        """The comparison in a sentence."""
        return (
            f"Of {plural(self.faults, 'fault')}, a check of the status alone finds {self.status}, one that "
            f"also looks whether the user is its own finds {self.user}, crosstalk finds {self.crosstalk}."
        )


def figures(matrix: Matrix) -> Figures:
    """Return the figures of a matrix."""
    must = {fault: _must(matrix, fault) for fault in matrix.faults}
    faults = [fault for fault in matrix.faults if must[fault]]
    return Figures(
        faults=len(faults),
        status=sum(any(_by_status(cell) for cell in must[fault]) for fault in faults),
        user=sum(any(_by_user(cell) for cell in must[fault]) for fault in faults),
        crosstalk=sum(any(cell.word is Word.FOUND for cell in must[fault]) for fault in faults),
        cells=len(matrix.cells),
        right=sum(cell.right for cell in matrix.cells.values()),
    )


def render_sensitivity_text(matrix: Matrix, classes: Mapping[str, str], told: Sequence[str]) -> str:
    """Return the matrix, a row for each fault, the figures and the differences.

    :param classes: fault -> its class. :param told: what differs, a sentence each.
    """
    header = ("fault", "class", *matrix.columns, *_CHECKS)
    rows = [_row(matrix, fault, classes.get(fault, "")) for fault in matrix.faults]
    widths = [max(len(row[at]) for row in (header, *rows)) for at in range(len(header))]
    lines = [
        "  ".join(f"{text:<{w}}" for text, w in zip(r, widths, strict=True)).rstrip() for r in (header, *rows)
    ]
    counted = figures(matrix)
    lines += [
        "",
        "A number is the operations until the first violation; the checks' columns say in how many of the",
        "columns where the fault has to be found each would have found it.",
        "",
        counted.sentence,
        f"{counted.right} of {plural(counted.cells, 'cell')} are as they must be.",
    ]
    if told:
        lines += ["", *told]
    return "\n".join(lines) + "\n"


def cell_text(cell: Cell | None) -> str:
    """Return what a cell reads, such as ``found 12`` or ``silent``."""
    if cell is None:
        return "not run"
    word = str(cell.word) if cell.word in RIGHT else str(cell.word).upper()
    return f"{word} {cell.first}" if cell.first is not None else word


def _row(matrix: Matrix, fault: str, fault_class: str) -> tuple[str, ...]:
    must = _must(matrix, fault)
    counts = [sum(map(check, must)) for check in (_by_status, _by_user, lambda cell: cell.word is Word.FOUND)]
    of = [f"{count} of {len(must)}" if must else "-" for count in counts]
    return (fault or HEALTHY, fault_class, *map(cell_text, matrix.row(fault)), *of)


def _must(matrix: Matrix, fault: str) -> list[Cell]:
    """Return the cells of a fault where it has to be found."""
    return [cell for cell in matrix.row(fault) if cell is not None and cell.outcomes[0].expected.must]


def _by_status(cell: Cell) -> bool:
    return any(one.status_failed for one in cell.outcomes)


def _by_user(cell: Cell) -> bool:
    return any(one.user_failed for one in cell.outcomes)
