"""The golden copy of the matrix: what each check found in each cell, and how a new matrix differs from it.

What crosstalk finds is expected of every run. What a naive check finds depends on the schedule as well: it
counts as found where several operations of each seed fail it, as silent where none does, and else as found
*sometimes*. Only *found* against *silent* is a difference, so that the copy speaks of what is stable.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from harness import records

from .matrix import Cell, Matrix
from .outcome import Outcome, Word, name_fault

FORMAT = 1
#: Fewer failing operations than this are luck: the next run may have none.
ENOUGH = 3


class Seen(StrEnum):
    """What a check found in a cell, over the seeds it was run with."""

    FOUND = "found"
    SILENT = "silent"
    SOMETIMES = "sometimes"


@dataclass(frozen=True, slots=True)
class GoldenCell:
    """What each of the three found."""

    status: str
    user: str
    crosstalk: str

    def __post_init__(self) -> None:
        for word in (self.status, self.user, self.crosstalk):
            Seen(word)


#: Fault -> column -> what was found; the healthy target is the fault ''.
Golden: TypeAlias = Mapping[str, Mapping[str, GoldenCell]]


def seen_of(cell: Cell) -> GoldenCell | None:
    """Return what a cell is in the golden copy; None for one that is not as it must be."""
    if not cell.right:
        return None
    expected = cell.outcomes[0].expected
    if expected.may and not expected.must:
        ours = Seen.SOMETIMES  # it may be raised and need not
    else:
        ours = Seen.FOUND if cell.word is Word.FOUND else Seen.SILENT
    return GoldenCell(
        naive_seen(cell, lambda one: one.status_failed), naive_seen(cell, lambda one: one.user_failed), ours
    )


def naive_seen(cell: Cell, failed: Callable[[Outcome], int]) -> Seen:
    """Return what a naive check found in a cell."""
    counts = [failed(outcome) for outcome in cell.outcomes]
    if min(counts) >= ENOUGH:
        return Seen.FOUND
    return Seen.SOMETIMES if any(counts) else Seen.SILENT


def differing(golden: Golden, fault: str, column: str, cell: Cell) -> Iterator[str]:
    """Yield how a right cell differs from the golden copy, a sentence each."""
    now = seen_of(cell)
    if now is None:
        return  # what is not right is told as such
    then = golden.get(fault, {}).get(column)
    name = f"{name_fault(fault)} in column {column}"
    if then is None:
        yield f"{name} is not in the golden copy: renew it with --update-golden"
        return
    for check, was, is_ in (
        ("the status-only check", then.status, now.status),
        ("the own-user check", then.user, now.user),
        ("crosstalk", then.crosstalk, now.crosstalk),
    ):
        if {was, is_} == {Seen.FOUND, Seen.SILENT}:
            yield f"{name}: {check} is {is_}, and {was} in the golden copy"


def renew(golden: Golden, matrix: Matrix, faults: frozenset[str]) -> dict[str, dict[str, GoldenCell]]:
    """Return the golden copy with the right cells of *matrix* in it; the others stay as they were.

    :param faults: all there are; what the copy says of others is dropped.
    """
    new = {fault: dict(columns) for fault, columns in golden.items() if fault in faults}
    for (fault, column), cell in matrix.cells.items():
        if (now := seen_of(cell)) is not None:
            new.setdefault(fault, {})[column] = now
    return new


def to_text(golden: Golden, order: tuple[str, ...]) -> str:
    """Return the copy as JSON with a line for each cell, faults in *order*."""
    lines = []
    for fault in sorted(golden, key=order.index):
        cells = ",\n".join(
            f"   {json.dumps(column)}: {json.dumps(records.to_json(cell))}"
            for column, cell in golden[fault].items()
        )
        lines.append(f"  {json.dumps(fault)}: {{\n{cells}\n  }}")
    body = ",\n".join(lines)
    return f'{{\n "format": {FORMAT},\n "faults": {{\n{body}\n }}\n}}\n'


def from_text(text: str | bytes, what: str) -> dict[str, dict[str, GoldenCell]]:
    """Read a golden copy.

    :raises RecordError: if it is none.
    """
    raw = records.parse(text, what)
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise records.RecordError(f"{what} is no golden copy of format {FORMAT}")
    return {
        fault: {column: _cell(cell, what) for column, cell in _object(columns, what).items()}
        for fault, columns in _object(raw.get("faults"), what).items()
    }


def _object(raw: object, what: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise records.RecordError(f"{what} is no golden copy: one of its parts is no JSON object")
    return raw


def _cell(raw: object, what: str) -> GoldenCell:
    try:
        return records.from_json(GoldenCell, raw, what)
    except records.RecordError:
        raise
    except ValueError as error:
        raise records.RecordError(f"{what}: {error}") from error
