"""A violation's swimlanes as a drawing: lanes are workers and clients, time runs downwards.

Meaning never lies in colour alone: the witness's events are filled, the others rings; one that saw
what it must not is a cross; a context switch is dashed, a value that crosses is a thick arrow, and its
words stand beside it.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from markupsafe import Markup

from .figures import plural, short
from .svg import drawing, element
from .swimlane import Moment, Swimlane

CLOCK_WIDTH = 100.0
LANE_WIDTH = 264.0
#: The last lane has nothing to its right, so that its words may be longer.
LAST_LANE_WIDTH = 380.0
HEAD_HEIGHT = 44.0
ROW_HEIGHT = 21.0
SIGHT_HEIGHT = 15.0
SKIP_HEIGHT = 16.0


def draw_swimlane(swimlane: Swimlane) -> Markup:
    """Return the drawing; '' if there is no event."""
    if not swimlane.moments:
        return Markup()
    tops, bottom = _tops(swimlane)
    width = CLOCK_WIDTH + LANE_WIDTH * (len(swimlane.lanes) - 1) + LAST_LANE_WIDTH
    parts = [*_heads(swimlane, bottom), *_stays(swimlane, tops)]
    places = [(_x(moment.lane), top) for moment, top in zip(swimlane.moments, tops, strict=True)]
    for number, moment in enumerate(swimlane.moments):
        if moment.switched_from is not None:
            parts.append(_switch(places[moment.switched_from], places[number]))
    for number, moment in enumerate(swimlane.moments):
        parts += _moment(moment, *places[number])
    for number, moment in enumerate(swimlane.moments):
        parts += [_crossing(places[c.row], places[number]) for c in moment.crossings]
    return drawing(width, bottom + 4, _title(swimlane), parts)


def _title(swimlane: Swimlane) -> str:
    lanes = ", ".join(lane.name for lane in swimlane.lanes)
    crossed = "; ".join(
        f"{m.operation} sees {c.sight.name} = {c.sight.held} at {m.what}"
        for m in swimlane.moments
        for c in m.crossings
    )
    said = f"Timeline of {plural(len(swimlane.moments), 'event')} in the lanes {lanes}"
    return f"{said}{'. ' + crossed if crossed else ''}. The table below says the same."


def _tops(swimlane: Swimlane) -> tuple[list[float], float]:
    tops, at = [], HEAD_HEIGHT + ROW_HEIGHT / 2
    for moment in swimlane.moments:
        at += SKIP_HEIGHT if moment.skipped else 0
        tops.append(at)
        at += ROW_HEIGHT + SIGHT_HEIGHT * len(moment.amiss)
    return tops, at - ROW_HEIGHT / 2


def _x(lane: int) -> float:
    return CLOCK_WIDTH + 16 + LANE_WIDTH * lane


def _heads(swimlane: Swimlane, bottom: float) -> list[Element]:
    parts = [element("text", "microseconds", x=CLOCK_WIDTH - 8, y=16, text_anchor="end", class_="soft")]
    for number, lane in enumerate(swimlane.lanes):
        x = _x(number)
        parts.append(element("text", lane.name, x=x - 8, y=16, class_="head"))
        parts.append(element("text", lane.place, x=x - 8, y=32, class_="soft"))
        parts.append(element("line", x1=x, x2=x, y1=HEAD_HEIGHT - 2, y2=bottom, class_="lane"))
    return parts


def _stays(swimlane: Swimlane, tops: list[float]) -> list[Element]:
    """Return a bar for as long as one operation is on one lane."""
    spans: dict[tuple[int, str], list[float]] = {}
    for moment, top in zip(swimlane.moments, tops, strict=True):
        spans.setdefault((moment.lane, moment.operation), []).append(top)
    return [
        element("rect", x=_x(lane) - 4, y=at[0] - 4, width=8, height=at[-1] - at[0] + 8, class_="stay")
        for (lane, _), at in spans.items()
    ]


def _moment(moment: Moment, x: float, y: float) -> list[Element]:
    parts = []
    if moment.skipped:
        text = f"... {plural(moment.skipped, 'event')} not shown"
        parts.append(element("text", text, x=x + 14, y=y - ROW_HEIGHT / 2 - 1, class_="skipped"))
    parts.append(
        element("text", short(moment.at_us), x=CLOCK_WIDTH - 8, y=y + 4, text_anchor="end", class_="soft")
    )
    parts += _mark(moment, x, y)
    label = element("text", x=x + 14, y=y + 4, class_="proof" if moment.proof else "")
    name = element("tspan", moment.operation, class_="who")
    name.tail = " "
    label.append(name)
    label.append(element("tspan", moment.what))
    parts.append(label)
    for number, sight in enumerate(moment.amiss, start=1):
        text = f"{sight.name} = {sight.held}"
        parts.append(element("text", text, x=x + 14, y=y + 4 + SIGHT_HEIGHT * number, class_="crossed"))
    return parts


def _mark(moment: Moment, x: float, y: float) -> list[Element]:
    if moment.amiss:
        path = f"M{x - 5:.1f} {y - 5:.1f}l10 10M{x - 5:.1f} {y + 5:.1f}l10 -10"
        return [element("circle", cx=x, cy=y, r=7, class_="paper"), element("path", d=path, class_="amiss")]
    return [element("circle", cx=x, cy=y, r=4, class_="event" if moment.proof else "ring")]


def _switch(start: tuple[float, float], end: tuple[float, float]) -> Element:
    """Return a dashed way down the lane that was left and across, in the gap above the row it leads to."""
    (x1, y1), (x2, y2) = start, end
    return element("path", d=f"M{x1:.1f} {y1 + 5:.1f}V{y2 - 10:.1f}H{x2:.1f}V{y2 - 6:.1f}", class_="switch")


def _crossing(start: tuple[float, float], end: tuple[float, float]) -> Element:
    """Return an arrow from where the owner was at work to where its value was seen."""
    (x1, y1), (x2, y2) = start, end
    if x1 == x2:
        side = x1 - 44
        path = f"M{x1 - 5:.1f} {y1:.1f}C{side:.1f} {y1:.1f} {side:.1f} {y2:.1f} {x2 - 9:.1f} {y2:.1f}"
        tip, back = x2 - 8, x2 - 14
    else:
        way = 1 if x2 > x1 else -1
        bend = x2 - way * 46
        path = f"M{x1:.1f} {y1 + 5:.1f}C{x1:.1f} {y2:.1f} {bend:.1f} {y2:.1f} {x2 - way * 9:.1f} {y2:.1f}"
        tip, back = x2 - way * 8, x2 - way * 14
    head = f"M{back:.1f} {y2 - 5:.1f}L{tip:.1f} {y2:.1f}L{back:.1f} {y2 + 5:.1f}"
    return element("path", d=path + head, class_="crossing")
