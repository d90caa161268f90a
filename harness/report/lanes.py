"""A witness's timeline as a drawing: a lane per operation, time downwards, arrows for what crossed over."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from markupsafe import Markup

from .figures import plural, short
from .svg import drawing, element
from .timeline import Row, Timeline, sights_amiss

CLOCK_WIDTH = 96.0
LANE_WIDTH = 330.0
#: The last lane has nothing to its right, so that its words may be longer.
LAST_LANE_WIDTH = 460.0
HEAD_HEIGHT = 40.0
ROW_HEIGHT = 26.0
SIGHT_HEIGHT = 15.0


def draw_timeline(timeline: Timeline) -> Markup:
    """Return the drawing; '' if the witness has no event."""
    if not timeline.rows:
        return Markup()
    tops, bottom = _tops(timeline)
    width = CLOCK_WIDTH + LANE_WIDTH * (len(timeline.lanes) - 1) + LAST_LANE_WIDTH
    parts = _heads(timeline, bottom)
    for row, top in zip(timeline.rows, tops, strict=True):
        parts += _row(row, top)
    names = ", ".join(lane.name for lane in timeline.lanes)
    title = f"Timeline of {plural(len(timeline.rows), 'event')} of {names}; the table below says the same"
    return drawing(width, bottom + 6, title, parts)


def _tops(timeline: Timeline) -> tuple[list[float], float]:
    tops, at = [], HEAD_HEIGHT + ROW_HEIGHT / 2
    for row in timeline.rows:
        tops.append(at)
        at += ROW_HEIGHT + SIGHT_HEIGHT * len(sights_amiss(row))
    return tops, at - ROW_HEIGHT / 2


def _x(lane: int) -> float:
    return CLOCK_WIDTH + 12 + LANE_WIDTH * lane


def _heads(timeline: Timeline, bottom: float) -> list[Element]:
    parts = [element("text", "microseconds", x=CLOCK_WIDTH - 8, y=16, text_anchor="end", class_="soft")]
    for number, lane in enumerate(timeline.lanes):
        x = _x(number)
        parts.append(element("text", lane.name, x=x - 4, y=16, class_="head"))
        parts.append(element("text", lane.scenario, x=x - 4, y=32, class_="soft"))
        parts.append(element("line", x1=x, x2=x, y1=HEAD_HEIGHT - 2, y2=bottom, class_="lane"))
    return parts


def _row(row: Row, top: float) -> list[Element]:
    x = _x(row.lane)
    amiss = sights_amiss(row)
    parts = [
        element("text", short(row.at_us), x=CLOCK_WIDTH - 8, y=top + 4, text_anchor="end", class_="soft")
    ]
    parts += [_arrow(_x(lane), x, top) for lane in row.reaches]
    parts.append(element("circle", cx=x, cy=top, r=5 if amiss else 4, class_="amiss" if amiss else "event"))
    parts.append(element("text", row.what, x=x + 12, y=top + 4))
    for number, sight in enumerate(amiss, start=1):
        text = f"{sight.name} = {sight.held}"
        parts.append(element("text", text, x=x + 12, y=top + 4 + SIGHT_HEIGHT * number, class_="crossed"))
    return parts


def _arrow(start: float, end: float, y: float) -> Element:
    """Return an arrow from the owner's lane to the event that saw its value, above the event's words."""
    above, tip = y - 11, y - 6
    line = f"M{start:.1f} {above:.1f}H{end:.1f}V{tip:.1f}"
    head = f"M{end - 3:.1f} {tip - 4:.1f}L{end:.1f} {tip:.1f}L{end + 3:.1f} {tip - 4:.1f}"
    return element("path", d=line + head, class_="crossing")
