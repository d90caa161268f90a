"""Charts of a column's measures as inline SVG: lines over time, and latencies per scenario.

No colour is set here; classes (``line``, ``grid``, ``bar``, ...) take theirs from the page, so that
dark mode and print need no second drawing. Numbers that are not finite are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from markupsafe import Markup

from .data import ScenarioMeasures
from .figures import milliseconds, short
from .svg import drawing, element

#: More points than this are drawn as buckets of several; a chart has no more pixels to show them.
POINTS_MAX = 240

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a chart's plot lies in its image, in the image's units."""

    width: float = 360
    height: float = 150
    left: float = 52
    right: float = 12
    top: float = 12
    bottom: float = 26

    def x(self, part: float) -> float:
        """Return the x of a point *part* (0..1) of the way across."""
        return self.left + part * (self.width - self.left - self.right)

    def y(self, part: float) -> float:
        """Return the y of a point *part* (0..1) of the way up."""
        return self.height - self.bottom - part * (self.height - self.top - self.bottom)


FRAME = Frame()


def line_chart(points: Iterable[Point], title: str, *, peaks: bool = True) -> Markup:
    """Return a line over seconds; '' if there is no point to draw.

    Of many points, buckets are drawn: their greatest value if *peaks*, else their mean.
    """
    kept = _thin([p for p in points if math.isfinite(p[0]) and math.isfinite(p[1])], peaks=peaks)
    if not kept:
        return Markup()
    start, end = kept[0][0], max(kept[-1][0], kept[0][0] + 1e-9)
    top = nice_ceiling(max(value for _, value in kept))
    placed = [(FRAME.x((t - start) / (end - start)), FRAME.y(value / top)) for t, value in kept]
    parts = [*_grid(top), *_seconds(start, end)]
    if len(placed) == 1:
        parts.append(element("circle", cx=placed[0][0], cy=placed[0][1], r=3, class_="dot"))
    else:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        base = f"{FRAME.y(0):.1f}"
        area = f"{placed[0][0]:.1f},{base} {path} {placed[-1][0]:.1f},{base}"
        parts += [
            element("polygon", points=area, class_="area"),
            element("polyline", points=path, class_="line"),
        ]
    summary = (
        f"{title}: from {short(kept[0][1])} to {short(kept[-1][1])}, at most {short(max(v for _, v in kept))}"
    )
    return drawing(FRAME.width, FRAME.height, f"{summary}, over {short(end - start)} s", parts)


def latency_chart(scenarios: Sequence[ScenarioMeasures]) -> Markup:
    """Return latencies per scenario on a logarithmic axis; '' if none has a latency.

    A bar spans the median to the 95th percentile, a tick marks the 99th, a dot the greatest.
    """
    shown = [s for s in scenarios if 0 < s.latency_ms_p50 <= s.latency_ms_max < math.inf]
    if not shown:
        return Markup()
    row = 18.0
    frame = Frame(width=640, height=38 + row * len(shown), left=150, right=44, top=6, bottom=32)
    low = math.floor(math.log10(min(s.latency_ms_p50 for s in shown)))
    high = max(math.ceil(math.log10(max(s.latency_ms_max for s in shown))), low + 1)
    parts = _decades(frame, low, high)
    for number, scenario in enumerate(shown):
        parts += _latency_row(frame, scenario, frame.top + row * (number + 0.5), low, high)
    title = "Latency per scenario in milliseconds, logarithmic: " + "; ".join(
        f"{s.scenario} median {milliseconds(s.latency_ms_p50)}, p99 {milliseconds(s.latency_ms_p99)}"
        for s in shown
    )
    return drawing(frame.width, frame.height, title, parts)


def nice_ceiling(value: float) -> float:
    """Return the least of 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, ... that is not below *value*; 1 for nothing."""
    if value <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-12)
    )


def _thin(points: list[Point], *, peaks: bool) -> list[Point]:
    size = math.ceil(len(points) / POINTS_MAX)
    if size <= 1:
        return points
    buckets = [points[at : at + size] for at in range(0, len(points), size)]
    return [(b[0][0], max(v for _, v in b) if peaks else sum(v for _, v in b) / len(b)) for b in buckets]


def _grid(top: float) -> list[Element]:
    parts = []
    for part in (0.0, 0.5, 1.0):
        y = FRAME.y(part)
        parts.append(element("line", x1=FRAME.left, x2=FRAME.width - FRAME.right, y1=y, y2=y, class_="grid"))
        parts.append(element("text", short(top * part), x=FRAME.left - 6, y=y + 4, text_anchor="end"))
    return parts


def _seconds(start: float, end: float) -> list[Element]:
    ends = ((0.0, start, "start"), (1.0, end, "end"))
    return [
        element("text", f"{short(at)} s", x=FRAME.x(part), y=FRAME.height - 8, text_anchor=anchor)
        for part, at, anchor in ends
    ]


def _decades(frame: Frame, low: int, high: int) -> list[Element]:
    parts = []
    for decade in range(low, high + 1):
        x = frame.x((decade - low) / (high - low))
        parts.append(element("line", x1=x, x2=x, y1=frame.top, y2=frame.y(0), class_="grid"))
        text = short(10.0**decade) + (" ms" if decade == high else "")
        parts.append(element("text", text, x=x, y=frame.height - 14, text_anchor="middle"))
    return parts


def _latency_row(frame: Frame, scenario: ScenarioMeasures, y: float, low: int, high: int) -> list[Element]:
    def x(latency_ms: float) -> float:
        return frame.x((math.log10(max(latency_ms, 10.0**low)) - low) / (high - low))

    p50, p95, p99 = x(scenario.latency_ms_p50), x(scenario.latency_ms_p95), x(scenario.latency_ms_p99)
    most = x(scenario.latency_ms_max)
    return [
        element("text", scenario.scenario, x=frame.left - 8, y=y + 4, text_anchor="end"),
        element("line", x1=p50, x2=most, y1=y, y2=y, class_="whisker"),
        element("rect", x=p50, y=y - 5, width=max(p95 - p50, 1.5), height=10, class_="bar"),
        element("line", x1=p99, x2=p99, y1=y - 6, y2=y + 6, class_="tick"),
        element("circle", cx=most, cy=y, r=2.5, class_="dot"),
    ]
