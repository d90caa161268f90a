"""What was found where nothing may be, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.report.figures import count, plural
from harness.sensitivity.clean import Portion

#: Of one target; a bug shows itself in the first.
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Precise:
    """What came of one clean target."""

    portion: Portion
    operations: int  # that were sent
    violations: tuple[str, ...] = ()  # explanations
    doubts: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()  # why the harness can't say
    seconds: float = 0.0
    evidence: str = ""


def render_precision(done: Sequence[Precise]) -> str:
    """Return a row for each target, the sum of each worker model, and all that was found."""
    header = ("column", "target", "operations", "found")
    rows = [
        (one.portion.clean.column, one.portion.clean.name, count(one.operations), _word(one)) for one in done
    ]
    widths = [max(len(row[at]) for row in (header, *rows)) for at in range(len(header))]
    lines = [_line(row, widths) for row in (header, *rows)]
    lines.append("")
    for model in dict.fromkeys(one.portion.clean.model for one in done):
        of_model = [one for one in done if one.portion.clean.model == model]
        sent = sum(one.operations for one in of_model)
        wrong = sum(len(one.violations) for one in of_model)
        lines.append(f"{model}: {plural(sent, 'operation')}, {plural(wrong, 'violation')}")
    told = [line for one in done for line in _told(one)]
    return "\n".join([*lines, *([""] if told else []), *told]) + "\n"


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    column, target, operations, found = row
    return f"{column:<{widths[0]}}  {target:<{widths[1]}}  {operations:>{widths[2]}}  {found}".rstrip()


def _word(one: Precise) -> str:
    if one.violations:
        return plural(len(one.violations), "VIOLATION")
    if one.problems:
        return "FAILED"
    return plural(len(one.doubts), "doubt") if one.doubts else "nothing"


def _told(one: Precise) -> Iterator[str]:
    texts = [*one.violations[:_SHOWN], *one.problems[:_SHOWN], *one.doubts[:_SHOWN]]
    for text in texts:
        yield f"{one.portion.clean.column}, {one.portion.clean.name}: {text}"
    if texts and one.evidence:
        yield f"  its evidence: crosstalk check {one.evidence}"
