"""The report as a GitHub step summary: Markdown, in which target text is text.

GitHub renders Markdown and a subset of HTML there. Every foreign text is made inert, then escaped for both,
so that it can neither open an element nor a link, a heading or a cell of a table.
"""

from __future__ import annotations

import html
import re

from harness.inert import inert_line
from harness.verdict import Verdict

from .brief import make_brief
from .cards import Card, make_cards
from .data import RunReport
from .doubts import run_doubts
from .figures import plural
from .matrix import State, make_matrix
from .wording import sentence

#: What GitHub takes of a step, with room for what other steps of ours add.
CHARACTERS_MAX = 200_000
_DOUBTS_MAX = 20
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:@$])")
_MARKS = {
    State.OK: "\u2705",
    State.VIOLATED: "\u274c",
    State.UNKNOWN: "\u2753",
    State.NOT_LOOKED_AT: "\u2796",
}
_VERDICTS = {
    Verdict.VALID: _MARKS[State.OK],
    Verdict.UNKNOWN: _MARKS[State.UNKNOWN],
    Verdict.INVALID: _MARKS[State.VIOLATED],
}


def render_step_summary(report: RunReport) -> str:
    """Return the report as Markdown that ends in a blank line."""
    cards = make_cards(report)
    lines = [
        f"## {_VERDICTS[report.verdict]} crosstalk: {report.verdict.word}",
        "",
        plain(sentence(report)),
        "",
        *_answers(report, cards),
        *_matrix(report),
        *_causes(cards),
        *_doubts(report),
        f"Run {code(report.run)}; the whole report is {code('report.html')} in its folder.",
        "",
    ]
    text = "\n".join(lines) + "\n"
    return text if len(text) <= CHARACTERS_MAX else text[:CHARACTERS_MAX].rpartition("\n")[0] + "\n\n"


def plain(text: object) -> str:
    """Return foreign text as Markdown that shows it and does nothing else."""
    return _SPECIAL.sub(r"\\\1", html.escape(inert_line(text), quote=False))


def code(text: object) -> str:
    """Return foreign text as code, by an element: backticks could be ended from inside."""
    return f"<code>{plain(text)}</code>"


def _answers(report: RunReport, cards: tuple[Card, ...]) -> list[str]:
    lines = []
    for answer in make_brief(report, cards):
        shown = f" {code(answer.code)}" if answer.code else ""
        lines.append(f"- **{answer.question}** {plain(answer.text)}{shown}")
    return [*lines, ""]


def _matrix(report: RunReport) -> list[str]:
    if not report.columns:
        return []
    matrix = make_matrix(report)
    head = ["Invariant", "What it says", *(plain(name) for name in matrix.columns)]
    rows = [
        [plain(row.invariant), plain(row.title), *(f"{_MARKS[c.state]} {plain(c.text)}" for c in row.cells)]
        for row in matrix.rows
    ]
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows), ""]


def _causes(cards: tuple[Card, ...]) -> list[str]:
    lines = []
    for card in cards:
        group = card.group
        lines.append(f"- **{plain(group.cause.title)}**: {plural(group.count, 'violation')}, such as:")
        lines += [f"  {plain(item.kind.shown.violation.explanation)}" for item in card.items[:1]]
    return ["### Causes", "", *lines, ""] if lines else []


def _doubts(report: RunReport) -> list[str]:
    doubts = run_doubts(report)
    lines = [f"- **{plain(where)}**: {plain(doubt)}" for where, doubt in doubts[:_DOUBTS_MAX]]
    if len(doubts) > _DOUBTS_MAX:
        lines.append(f"- and {len(doubts) - _DOUBTS_MAX} more")
    return ["### Doubts", "", *lines, ""] if lines else []


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
