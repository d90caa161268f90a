"""The report as text: for the terminal, and for ``summary.txt``.

What a target said is made inert before it is wrapped, and colour is added after, so that the only
escape sequences in the output are ours.
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable

from harness.history.canary import name_canary, to_text
from harness.inert import inert_block, inert_line
from harness.verdict import Verdict

from .cards import Card, counted_columns, make_cards
from .data import RunReport
from .doubts import run_doubts
from .evidence import evidence_lines
from .figures import count, plural
from .matrix import make_matrix, matrix_text
from .sections import details_of, measures_line, name_operations, one_host, slowest_line
from .timeline import make_timeline, timeline_text
from .unexercised import unexercised_by_column
from .wording import EXIT_MEANINGS, command_again, command_to_check, join_and, sentence

WIDTH = 100
#: What is said at the end of a run fits a terminal of eighty columns; summary.txt has more room.
FINAL_WIDTH = 80
#: Things that a brief text names of those that were not exercised.
UNEXERCISED_SHOWN = 8
#: Kinds of violation that a brief text names.
KINDS_SHOWN = 5

COLOURS = {Verdict.VALID: "\x1b[1;32m", Verdict.UNKNOWN: "\x1b[1;33m", Verdict.INVALID: "\x1b[1;31m"}
PLAIN = "\x1b[0m"


def render_text(
    report: RunReport, width: int = WIDTH, *, color: bool = False, causes_max: int | None = None
) -> str:
    """Return the report as text of about *width* characters a line, the verdict coloured if *color*.

    With *causes_max* only so many causes of violations are told, in brief, and the others counted.
    """
    cards = make_cards(report)
    told = cards if causes_max is None else cards[:causes_max]
    blocks = [
        _head(report, width, color),
        _doubts(report, width),
        _matrix(report, width),
        _evidence(report, width),
        _application(report, width, brief=causes_max is not None),
        *(_cause(card, width, brief=causes_max is not None) for card in told),
        _others(len(cards) - len(told)),
        _cut_off(report, width),
        _measures(report, width),
        _again(report, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(report: RunReport, width: int, color: bool) -> list[str]:
    word = report.verdict.word.upper()
    painted = f"{COLOURS[report.verdict]}{word}{PLAIN}" if color else word
    meaning = EXIT_MEANINGS.get(report.exit_code, "no meaning of ours")
    return [
        f"crosstalk {inert_line(report.run)}",
        f"Verdict: {painted}    (exit {report.exit_code}: {meaning})",
        *_wrapped(sentence(report), width),
    ]


def _doubts(report: RunReport, width: int) -> list[str]:
    doubts = run_doubts(report)
    if not doubts:
        return []
    title = "Why this is unknown" if report.verdict is Verdict.UNKNOWN else "Doubts"
    return [title, *_items((f"{where}: {doubt}" for where, doubt in doubts), width)]


def _matrix(report: RunReport, width: int) -> list[str]:
    if not report.columns:
        return ["Matrix", "  no column ran"]
    lines = matrix_text(make_matrix(report), width - 2)
    verdicts = join_and([f"{column.name} {column.verdict.word}" for column in report.columns])
    return [
        "Matrix",
        *(f"  {inert_line(line)}" for line in lines),
        *_wrapped(f"Verdicts: {verdicts}", width, "  "),
    ]


def _evidence(report: RunReport, width: int) -> list[str]:
    lines = []
    for column in report.columns:
        for line in evidence_lines(column):
            needed = "" if line.needed is None else f" (needed: {line.needed_text}; {line.word})"
            lines.append(f"{column.name}: {line.seen_text} {line.what}{needed}")
    return ["Evidence", *_items(lines, width)] if lines else []


def _application(report: RunReport, width: int, *, brief: bool) -> list[str]:
    """Return what was declared of a user's own application, and what of it proves nothing."""
    if not any(column.facts.app for column in report.columns):
        return []
    shared = dict.fromkeys(name for column in report.columns for name in column.facts.shared)
    lines = _wrapped(f"Declared with --shared: {', '.join(shared) or 'nothing'}", width)
    missing = unexercised_by_column(report)
    if not missing:
        return lines
    shown = missing[:UNEXERCISED_SHOWN] if brief else missing
    lines += ["Not exercised", *_items(shown, width)]
    if len(shown) < len(missing):
        lines.append(f"    and {count(len(missing) - len(shown))} more: see summary.txt")
    return lines


def _cause(card: Card, width: int, *, brief: bool) -> list[str]:
    """Return the strongest witness of a cause, and how often each kind was found; *brief*: the first few."""
    item, violation = card.first, card.first.kind.shown.violation
    operations = ", ".join(f"{name_canary(op)} ({to_text(op)})" for op in violation.operations)
    where = f"{item.where}{f' ({item.place.short})' if item.place else ''}, in {item.column.name}"
    lines = [
        *_wrapped(f"Violation: {card.group.cause.title}", width),
        *_wrapped(violation.explanation, width, "  "),
        *_wrapped(f"{plural(card.group.count, 'violation')}. {card.contrast}", width, "  "),
        *_wrapped(f"operations: {operations or 'none named'}", width, "  "),
        *_wrapped(f"where: {where}", width, "  "),
        "  witness:",
    ]
    timeline = make_timeline(violation.witness, one_host=one_host(item.column))
    lines += [f"    {line}" for line in timeline_text(timeline, width - 4)]
    for name, text in [] if brief else details_of(item.column, violation):
        lines.append(f"  what came back to {name}, redacted:")
        lines += [part for line in inert_block(text).splitlines() for part in _wrapped(line, width, "    ")]
    lines.append("  everything it broke:")
    kinds = card.group.kinds
    shown = kinds[:KINDS_SHOWN] if brief else kinds
    for kind in shown:
        text = f"{kind.invariant} {kind.anomaly}: {counted_columns(kind)}"
        lines += _wrapped(text, width, "    ", "      ")
    if len(shown) < len(kinds):
        lines.append(f"    and {plural(len(kinds) - len(shown), 'more kind')}: see summary.txt")
    return [*lines, "  run it again:", *_command(card.command, width, "    ")]


def _others(causes: int) -> list[str]:
    return [f"... and {plural(causes, 'more cause')}: see summary.txt"] if causes else []


def _cut_off(report: RunReport, width: int) -> list[str]:
    lines = []
    for column in report.columns:
        if column.cut_off:
            named = name_operations(column.cut_off)
            lines.append(f"{column.name}: {plural(len(column.cut_off), 'operation')}: {named}")
    return ["Cut off by the death of a worker (blamed on none)", *_items(lines, width)] if lines else []


def _measures(report: RunReport, width: int) -> list[str]:
    lines = []
    for column in report.columns:
        slowest = slowest_line(column)
        lines.append(f"{column.name}: {measures_line(column)}{'; ' + slowest if slowest else ''}")
    return ["Measures", *_items(lines, width)] if lines else []


def _again(report: RunReport, width: int) -> list[str]:
    command = command_again(report.meta)
    check = _command(command_to_check(report), width, "  ")
    return ["Run it again", *_command(command, width, "  "), "Judge it again, offline", *check]


def _command(command: str, width: int, indent: str) -> list[str]:
    """Return a command as lines that a shell takes as one; a word longer than *width* is left whole."""
    lines: list[str] = []
    for word in shlex.split(command):
        quoted = inert_line(shlex.quote(word))
        if lines and len(lines[-1]) + len(quoted) + 3 <= width:
            lines[-1] += f" {quoted}"
        else:
            lines.append(f"{indent}{'  ' if lines else ''}{quoted}")
    return [*(f"{line} \\" for line in lines[:-1]), *lines[-1:]]


def _items(texts: Iterable[str], width: int) -> list[str]:
    return [line for text in texts for line in _wrapped(text, width, "  - ", "    ")]


def _wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Wrap one inert line; a single word longer than *width* is left whole, as a path or an id must be."""
    return textwrap.wrap(
        inert_line(text),
        width=max(width, 40),
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
