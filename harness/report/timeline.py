"""A witness as a small timeline: a lane per operation, a row per event, in the order of time.

Times of one host are compared, no others: where the clients ran on other hosts than the target,
each side's rows keep their own order and their own zero, the target's first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.history.canary import name_canary
from harness.history.event import Event
from harness.history.layout import Side
from harness.inert import inert_line

from .narrate import Sight, scenario_of, what_happened, what_it_saw, where_it_ran

CLOCK_WIDTH = 10
#: The narrowest column that holds ``! request = operation w0.c12#3456``.
COLUMN_WIDTH_MIN = 38


@dataclass(frozen=True, slots=True)
class Lane:
    """One operation of a witness."""

    operation: int
    name: str  # "operation w0.c3#12"
    scenario: str  # "echo", or '' where no record of the witness says it


@dataclass(frozen=True, slots=True)
class Row:
    """One event of a witness."""

    at_us: float  # since the first event on the same clock
    lane: int
    what: str
    where: str
    sights: tuple[Sight, ...]
    reaches: tuple[int, ...]  # the lanes whose values this event saw though they are not its own
    event: Event


@dataclass(frozen=True, slots=True)
class Timeline:
    """A witness, ready to be drawn."""

    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]


def make_timeline(witness: Iterable[Event], *, one_host: bool = True) -> Timeline:
    """Return the timeline of a witness; *one_host*: both sides' times come from one clock."""
    events = sorted(witness, key=lambda e: (_clock(e, one_host), e["t"], e.source, e.number))
    lanes = _lanes(events)
    index = {lane.operation: number for number, lane in enumerate(lanes)}
    zero: dict[int, int] = {}
    rows = []
    for event in events:
        start = zero.setdefault(_clock(event, one_host), event["t"])
        sights = what_it_saw(event)
        reaches = tuple({index[s.owner]: None for s in sights if s.amiss and s.owner in index})
        rows.append(
            Row(
                (event["t"] - start) / 1000,
                index[event["op"]],
                what_happened(event),
                where_it_ran(event),
                sights,
                tuple(lane for lane in reaches if lane != index[event["op"]]),
                event,
            )
        )
    return Timeline(lanes, tuple(rows))


def timeline_text(timeline: Timeline, width: int) -> list[str]:
    """Return the timeline as lines: a column per operation, or a list where those would be too narrow.

    Lines keep to *width* characters unless a single name is longer: evidence is never cut.
    """
    if not timeline.rows:
        return ["(no event was kept as witness)"]
    column = (width - CLOCK_WIDTH - 2) // len(timeline.lanes)
    if column < COLUMN_WIDTH_MIN:
        return _as_list(timeline)
    heads = [f"{lane.name} {lane.scenario}".strip() for lane in timeline.lanes]
    lines = [_line("us", heads, column)]
    for row in timeline.rows:
        cells = ["|"] * len(timeline.lanes)
        for lane in row.reaches:
            cells[lane] = "| <- seen"
        cells[row.lane] = "* " + row.what
        lines.append(_line(f"{row.at_us:.1f}", cells, column))
        for sight in sights_amiss(row):
            cells = ["|"] * len(timeline.lanes)
            cells[row.lane] = f"! {sight.name} = {sight.held}"
            lines.append(_line("", cells, column))
    return lines


def sights_amiss(row: Row) -> tuple[Sight, ...]:
    """Return what the row's event saw that must not be there."""
    return tuple(sight for sight in row.sights if sight.amiss)


def _as_list(timeline: Timeline) -> list[str]:
    lines = []
    for row in timeline.rows:
        lines.append(_line(f"{row.at_us:.1f}", [f"{timeline.lanes[row.lane].name}: {row.what}"], 1))
        lines += [_line("", [f"! {s.name} = {s.held}"], 1) for s in sights_amiss(row)]
    return lines


def _line(clock: str, cells: list[str], column: int) -> str:
    text = f"{clock:>{CLOCK_WIDTH}}  " + "".join(f"{inert_line(cell):<{column - 1}} " for cell in cells)
    return text.rstrip()


def _clock(event: Event, one_host: bool) -> int:
    return 0 if one_host or event.side is Side.SERVER else 1


def _lanes(events: Sequence[Event]) -> tuple[Lane, ...]:
    scenarios: dict[int, str] = {}
    for event in events:
        scenarios[event["op"]] = scenarios.get(event["op"]) or scenario_of(event)
    return tuple(
        Lane(op, name_canary(op) if op else "outside any operation", scenario)
        for op, scenario in scenarios.items()
    )
