"""Charts of a column's measures as inline SVG: lines over time, and latencies per scenario.

pygal draws them. What it makes for pages with scripts is taken out again: the report's page runs none
and allows no style but its own, so colours come from the page's classes, and dark mode and print need
no second drawing. Numbers that are not finite are left out.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree.ElementTree import Comment, Element, tostring

import pygal
from markupsafe import Markup
from pygal.style import Style

from harness.inert import inert_line

from .data import ScenarioMeasures
from .figures import milliseconds, short

# It leaves a finder of plugins behind that every later import would ask, in a way that Python 3.12 has
# dropped and 3.11 warns of.
sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != pygal.__name__]

#: More points than this are drawn as buckets of several; a chart has no more pixels to show them.
POINTS_MAX = 240
#: How much one row of the latencies takes, in the image's units, and what is around them.
_ROW, _AROUND = 18, 44

#: Without scripts, and without a random prefix or a date: the same run gives the same bytes.
_COMMON: dict[str, Any] = {
    "js": (),
    "css": (),
    "no_prefix": True,
    "explicit_size": True,
    "show_legend": False,
    "truncate_label": -1,
    "margin": 6,
    "margin_right": 40,
    "style": Style(label_font_size=11, major_label_font_size=11),
}
#: What only a page with pygal's own scripts and styles makes use of.
_INTERACTIVE: frozenset[object] = frozenset({Comment, "defs", "desc", "title"})
_TOOLTIPS = "tooltip-overlay"
_LONG_FRACTION = re.compile(r"\d+\.\d{2,}")

Point = tuple[float, float]


def line_chart(points: Iterable[Point], title: str, *, peaks: bool = True) -> Markup:
    """Return a line over seconds; '' if there is no point to draw.

    Of many points, buckets are drawn: their greatest value if *peaks*, else their mean.
    """
    kept = _thin([p for p in points if math.isfinite(p[0]) and math.isfinite(p[1])], peaks=peaks)
    if not kept:
        return Markup()
    start, end, most = kept[0][0], kept[-1][0], max(value for _, value in kept)
    chart = pygal.XY(
        **_COMMON,
        width=360,
        height=150,
        fill=True,
        show_dots=len(kept) == 1,
        range=(0, most or 1),
        y_labels=_labels(most),
        value_formatter=short,
        x_value_formatter=lambda at: f"{short(at)} s",
        x_labels=sorted({start, end}),
    )
    chart.add("", kept)
    summary = f"{title}: from {short(kept[0][1])} to {short(kept[-1][1])}, at most {short(most)}"
    return _inert(chart, f"{summary}, over {short(end - start)} s")


def latency_chart(scenarios: Sequence[ScenarioMeasures]) -> Markup:
    """Return latencies per scenario on a logarithmic axis; '' if none has a latency.

    A filled dot is the median, a ring the 99th percentile, a small dot the greatest.
    """
    shown = [s for s in scenarios if 0 < s.latency_ms_p50 <= s.latency_ms_max < math.inf]
    if not shown:
        return Markup()
    low = math.floor(math.log10(min(s.latency_ms_p50 for s in shown)))
    high = max(math.ceil(math.log10(max(s.latency_ms_max for s in shown))), low + 1)
    chart = pygal.HorizontalLine(
        **_COMMON,
        width=640,
        height=_AROUND + _ROW * len(shown),
        stroke=False,
        logarithmic=True,
        range=(10.0**low, 10.0**high),
        y_labels=[10.0**decade for decade in range(low, high + 1)],
        value_formatter=lambda value: f"{short(value)} ms",
    )
    chart.x_labels = [inert_line(s.scenario) for s in shown]
    chart.add("median", [s.latency_ms_p50 for s in shown])
    chart.add("99th percentile", [s.latency_ms_p99 for s in shown])
    chart.add("greatest", [s.latency_ms_max for s in shown])
    title = "Latency per scenario in milliseconds, logarithmic: " + "; ".join(
        f"{s.scenario} median {milliseconds(s.latency_ms_p50)}, p99 {milliseconds(s.latency_ms_p99)}"
        for s in shown
    )
    return _inert(chart, title)


def _labels(most: float) -> list[float]:
    """Return the values that are written beside a line: nothing, half and all of the most."""
    return [0, most / 2, most] if most > 0 else [0]


def _thin(points: list[Point], *, peaks: bool) -> list[Point]:
    size = math.ceil(len(points) / POINTS_MAX)
    if size <= 1:
        return points
    buckets = [points[at : at + size] for at in range(0, len(points), size)]
    return [(b[0][0], max(v for _, v in b) if peaks else sum(v for _, v in b) / len(b)) for b in buckets]


def _inert(chart: Any, title: str) -> Markup:
    """Return a chart as one image that needs no script and brings no style; *title* says what it shows."""
    root: Element = chart.render_tree()
    _strip(root)
    root.attrib.pop("id", None)
    text = inert_line(title, limit=len(title))
    root.attrib.update({"class": "drawing chart", "role": "img", "aria-label": text})
    described = Element("title")
    described.text = text
    root.insert(0, described)
    # The text comes from ElementTree, which has escaped all that was put in.
    return Markup(tostring(root, encoding="unicode"))  # noqa: S704


def _strip(element: Element) -> None:
    for child in list(element):
        if child.tag in _INTERACTIVE or _TOOLTIPS in child.get("class", ""):
            element.remove(child)
        else:
            _strip(child)
    element.attrib.pop("style", None)
    for name, value in element.attrib.items():
        element.set(name, _LONG_FRACTION.sub(lambda number: f"{float(number[0]):.1f}", value))
