"""The matrix of sensitivity as Markdown, for docs/sensitivity.md: a table for each class of faults."""

from __future__ import annotations

import re
from collections.abc import Callable

from .rows import CHECKS, HEALTHY, Row, Table

#: What is generated stands between these lines; the rest of the page is written by hand.
BEGIN = "<!-- crosstalk sensitivity --update-golden writes from here -->"
END = "<!-- to here -->"


def render_markdown(table: Table, raises: Callable[[str], str]) -> str:
    """Return the figures, and a table for each class.

    :param raises: fault -> the invariants that it has to break, in words.
    """
    classes: dict[str, list[Row]] = {}
    for row in table.rows:
        classes.setdefault(row.about.fault_class, []).append(row)
    lines = [f"**{table.sentence}**", ""]
    for name, rows in classes.items():
        title = name or HEALTHY
        header = [f"{title}", "recreates", "breaks", *table.columns, *CHECKS]
        lines += [_line(header), _line(["---"] * len(header))]
        lines += [_line(_cells(row, raises)) for row in rows]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def put_between(page: str, generated: str) -> str:
    """Return *page* with what is generated in its place.

    :raises ValueError: if the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"it has no lines {BEGIN!r} and {END!r} to write between")
    return f"{before}{BEGIN}\n\n{generated}\n{END}{after}"


def _cells(row: Row, raises: Callable[[str], str]) -> list[str]:
    name = f"`{row.about.fault}`" if row.about.fault else HEALTHY
    found = [f"**{cell.text}**" if cell.text == "found" else cell.text for cell in row.cells]
    return [name, _plain(row.about.reference), raises(row.about.fault), *found, *row.checks]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return a text that means nothing to Markdown."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", text)
