"""The matrix of sensitivity as text."""

from __future__ import annotations

from collections.abc import Sequence

from .rows import CHECKS, Table

EXPLANATION = (
    "A number is how many operations had been sent when the first violation showed; the last three columns",
    "say in how many of the columns where a fault has to be found each check finds it.",
)


def render_text(table: Table, told: Sequence[str] = ()) -> str:
    """Return the matrix, a row for each fault, the figures, and what differs (*told*, a sentence each)."""
    header = ("fault", "class", *table.columns, *CHECKS)
    rows = [
        (row.name, row.about.fault_class, *(cell.text for cell in row.cells), *row.checks)
        for row in table.rows
    ]
    widths = [max(len(row[at]) for row in (header, *rows)) for at in range(len(header))]
    lines = [
        "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    ]
    lines += ["", *EXPLANATION, "", table.sentence, table.standing]
    if told:
        lines += ["", *told]
    return "\n".join(lines) + "\n"
