"""What every form of the matrix shows: its rows, and the figures below them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.report.figures import plural
from harness.sensitivity.golden import Golden, GoldenCell, Seen, naive_seen
from harness.sensitivity.matrix import Cell, Matrix
from harness.sensitivity.outcome import RIGHT

#: What the row of the target without a fault is called.
HEALTHY = "(no fault)"
CHECKS = ("status only", "own user", "crosstalk")
#: Marks before the words of a cell, so that colour is never the only difference.
RIGHT_MARK, WRONG_MARK, NOTHING_MARK = "\u2713", "\u2717", "\u2013"


@dataclass(frozen=True, slots=True)
class About:
    """What a fault is."""

    fault: str = ""
    fault_class: str = ""
    reference: str = ""
    mechanism: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One cell: its words, whether it is as it must be, and what each check found there."""

    text: str
    right: bool
    must: bool  # whether the fault has to be found here
    cell: GoldenCell
    ran: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One fault."""

    about: About
    cells: tuple[Shown, ...]

    @property
    def name(self) -> str:
        """What the row is called."""
        return self.about.fault or HEALTHY

    @property
    def checks(self) -> tuple[str, ...]:
        """In how many of the columns where the fault has to be found each check found it."""
        return tuple(self._count(check) for check in self._words())

    @property
    def finds(self) -> tuple[bool, ...]:
        """Whether each check found the fault in one of those columns at least."""
        return tuple(Seen.FOUND in check for check in self._words())

    @property
    def must(self) -> bool:
        """Whether the fault has to be found anywhere."""
        return any(cell.must for cell in self.cells)

    def _words(self) -> tuple[list[str], ...]:
        here = [one.cell for one in self.cells if one.must]
        return [c.status for c in here], [c.user for c in here], [c.crosstalk for c in here]

    @staticmethod
    def _count(words: Sequence[str]) -> str:
        if not words:
            return "-"
        sometimes = words.count(Seen.SOMETIMES)
        more = f", {sometimes} sometimes" if sometimes else ""
        return f"{words.count(Seen.FOUND)} of {len(words)}{more}"


@dataclass(frozen=True, slots=True)
class Table:
    """The whole matrix, ready to be shown."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def sentence(self) -> str:
        """The comparison of the three checks, in a sentence."""
        must = [row for row in self.rows if row.must]
        status, user, ours = (sum(row.finds[at] for row in must) for at in range(3))
        return (
            f"Of {plural(len(must), 'fault')}, a check of the status alone finds {status}, one that also "
            f"looks whether the user is its own finds {user}, crosstalk finds {ours}."
        )

    @property
    def standing(self) -> str:
        """How many cells are as they must be."""
        ran = [cell for row in self.rows for cell in row.cells if cell.ran]
        right = sum(cell.right for cell in ran)
        return f"{right} of {plural(len(ran), 'cell')} are as they must be."


def table_of(matrix: Matrix, about: Mapping[str, About]) -> Table:
    """Return what is shown of a matrix."""
    return Table(
        matrix.columns,
        tuple(
            Row(about.get(fault, About(fault)), tuple(_shown(cell) for cell in matrix.row(fault)))
            for fault in matrix.faults
        ),
    )


def table_of_golden(
    golden: Golden, about: Mapping[str, About], columns: Sequence[str], must: Callable[[str, str], bool]
) -> Table:
    """Return what is shown of the golden copy: what each check finds, without numbers of operations."""
    rows = []
    for fault, cells in golden.items():
        shown = tuple(
            Shown(cells[column].crosstalk, right=True, must=must(fault, column), cell=cells[column])
            if column in cells
            else _NOT_RUN
            for column in columns
        )
        rows.append(Row(about.get(fault, About(fault)), shown))
    return Table(tuple(columns), tuple(rows))


_NOT_RUN = Shown(
    "not run", right=True, must=False, cell=GoldenCell(Seen.SILENT, Seen.SILENT, Seen.SILENT), ran=False
)


def _shown(cell: Cell | None) -> Shown:
    if cell is None:
        return _NOT_RUN
    expected = cell.outcomes[0].expected
    found = [expected.must and expected.must <= one.found for one in cell.outcomes]
    ours = Seen.FOUND if all(found) else Seen.SOMETIMES if any(found) else Seen.SILENT
    seen = GoldenCell(
        naive_seen(cell, lambda one: one.status_failed), naive_seen(cell, lambda one: one.user_failed), ours
    )
    word = str(cell.word) if cell.word in RIGHT else str(cell.word).upper()
    text = word if cell.first is None else f"{word} {cell.first}"
    return Shown(text, cell.right, bool(expected.must), seen)
