"""The page's cards: each cause of violations with its witnesses, so that a template only places it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from harness.history.canary import name_canary, to_text
from harness.history.layout import Callback, Side
from harness.verdict import Result, Verdict

from .causes import Group, Kind, Shown, group_violations
from .data import CodePlace, ColumnReport, RunReport
from .figures import count
from .lanes import draw_swimlane
from .sections import one_host
from .spelled import came_text, sent_text
from .swimlane import ROWS_MAX, Swimlane, make_swimlane
from .wording import command_for, join_and

#: Kinds of violation with a witness on the page, causes in turn, and the rows of all but a cause's first:
#: with them a page of every kind there is stays well under 2 MB.
WITNESSES_MAX = 80
ROWS_OF_OTHERS = 14

#: Checkpoints that are the harness's own wrapper: there is no line of the target's to show.
_WRAPPER = {
    "enter": "in the outermost wrapper, before the application is called",
    "exit": "in the outermost wrapper, after the body is closed",
    "left": "in the outermost wrapper, as the exception arrives",
    "chunk": "in the outermost wrapper, as the body yields",
}
#: The ledger's own callback -> the step that calls it.
_CALLED_BY = {
    callback.name.lower(): callback.name.lower().removesuffix("_first").removesuffix("_last")
    for callback in Callback
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One operation of a violation: what was sent, and what came back."""

    operation: str
    hex: str
    sent: Markup
    came: Markup


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of violation and its witness."""

    anchor: str
    kind: Kind
    column: ColumnReport
    swimlane: Swimlane
    drawing: Markup
    where: str  # the checkpoint in words
    place: CodePlace | None
    exchanges: tuple[Exchange, ...]
    reproducer: str


@dataclass(frozen=True, slots=True)
class Card:
    """One cause: what it broke, the strongest witness, and one of each other kind."""

    group: Group
    first: Item
    others: tuple[Item, ...]  # of kinds beyond the page's room there is none
    contrast: str
    command: str

    @property
    def items(self) -> tuple[Item, ...]:
        """Every kind with a witness, the strongest first."""
        return (self.first, *self.others)

    @property
    def anchors(self) -> tuple[tuple[Kind, str], ...]:
        """Every kind, and the id of its witness: that of the card if it has none on the page."""
        known = {(item.kind.invariant, item.kind.anomaly): item.anchor for item in self.items}
        return tuple(
            (kind, known.get((kind.invariant, kind.anomaly), self.group.anchor)) for kind in self.group.kinds
        )


def make_cards(report: RunReport) -> tuple[Card, ...]:
    """Return the cards of a run."""
    groups = group_violations(report)
    room = max(WITNESSES_MAX - len(groups), 0)
    cards = []
    for group in groups:
        cards.append(_card(report, group, room))
        room -= len(cards[-1].others)
    return tuple(cards)


def _card(report: RunReport, group: Group, room: int) -> Card:
    items = [
        _item(kind, f"{group.anchor}-{number}", ROWS_MAX if number == 1 else ROWS_OF_OTHERS)
        for number, kind in enumerate(group.kinds[: room + 1], start=1)
    ]
    first = items[0]
    command = command_for(report.meta, first.column.facts.model, first.column.facts.server)
    return Card(group, first, tuple(items[1:]), contrast(report, group), command)


def _item(kind: Kind, anchor: str, rows_max: int) -> Item:
    column, violation = kind.shown.column, kind.shown.violation
    swimlane = make_swimlane(violation, column, one_host=one_host(column), rows_max=rows_max)
    where, place = locate(kind.shown, swimlane)
    exchanges = tuple(
        Exchange(name_canary(op), to_text(op), sent_text(op, column), came_text(op, column))
        for op in violation.operations
    )
    return Item(
        anchor,
        kind,
        column,
        swimlane,
        draw_swimlane(swimlane),
        where,
        place,
        exchanges,
        column.reproducers.get(violation.anomaly, ""),
    )


def locate(shown: Shown, swimlane: Swimlane) -> tuple[str, CodePlace | None]:
    """Return where a violation shows, in words, and the line of the target's code if one is known.

    What only a client saw has no line: then it is where the target's own record first went wrong.
    """
    checkpoint, places = shown.violation.checkpoint, shown.column.places
    if checkpoint in _WRAPPER:
        return f"{checkpoint}: {_WRAPPER[checkpoint]}", None
    name = _CALLED_BY.get(checkpoint, checkpoint)
    if name in places:
        return checkpoint, places[name]
    for moment in swimlane.moments:
        label = moment.what.partition(" ")[0]
        if moment.amiss and moment.event.side is Side.SERVER and label in places:
            seen = checkpoint or "in what came back"
            return f"{seen}; inside, first at {label}", places[label]
    return checkpoint or "none named", None


def contrast(report: RunReport, group: Group) -> str:
    """Return in which columns a cause shows and in which it does not, and what that suggests."""
    broken = [column for column in report.columns if dict(group.columns).get(column.name)]
    right = [column for column in report.columns if column not in broken and _looked(column.results, group)]
    text = f"It shows in {join_and([column.name for column in broken])}"
    if not right:
        return f"{text}." if len(report.columns) == 1 else f"{text}: in every column that was looked at."
    text += f", not in {join_and([column.name for column in right])}"
    shows, silent = {c.facts.server for c in broken}, {c.facts.server for c in right}
    if "werkzeug" in silent and silent <= _ENDS_CONNECTIONS and not shows & _ENDS_CONNECTIONS:
        return f"{text}: look for what outlives a request on its connection or its thread."
    return f"{text}{_suggest({c.facts.model for c in broken}, {c.facts.model for c in right})}."


def _looked(results: tuple[Result, ...], group: Group) -> bool:
    return any(
        result.looked and result.verdict is Verdict.VALID and result.invariant in group.cause.invariants
        for result in results
    )


#: Servers that end a connection with its one request. Werkzeug's thread ends then too.
_ENDS_CONNECTIONS = frozenset({"werkzeug", "sync"})
#: (models where it shows, models where it does not) -> what that suggests.
_SUGGESTIONS = (
    ({"thread", "greenlet"}, {"process"}, "what is shared lies in the memory of one process"),
    ({"greenlet"}, {"thread"}, "look for what is kept for a thread and not for a greenlet"),
    ({"thread"}, {"greenlet"}, "look for a race between two steps that greenlets never interrupt"),
    ({"thread"}, {"process"}, "what is shared lies in the memory of one process"),
    ({"greenlet"}, {"process"}, "what is shared lies in the memory of one process"),
    ({"process"}, {"thread", "greenlet"}, "look for what a fork copies, or what is kept in one process only"),
)


def _suggest(broken: set[str], right: set[str]) -> str:
    for shows, silent, meaning in _SUGGESTIONS:
        if broken == shows and right & silent and not broken & right:
            return f": {meaning}"
    return ""


def counted_columns(kind: Kind) -> str:
    """Return how often a kind was found, column by column."""
    return ", ".join(f"{name} {count(number)}" for name, number in kind.counts)
