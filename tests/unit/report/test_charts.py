from __future__ import annotations

import math
import re
import sys
from xml.etree.ElementTree import fromstring

import pytest

from harness.report.charts import POINTS_MAX, latency_chart, line_chart
from harness.report.data import ScenarioMeasures

SVG = "{http://www.w3.org/2000/svg}"


def points_of(svg: str) -> int:
    """Return how many points the line has; it begins and ends once more on the axis, to be filled."""
    series = (each for each in fromstring(svg).iter(f"{SVG}g") if each.get("class", "").startswith("series"))
    drawn = next(path for each in series for path in each.iter(f"{SVG}path"))
    return len(re.findall(r"[0-9.]+", drawn.get("d") or "")) // 2 - 2


def test_a_line_is_well_formed_and_says_what_it_shows() -> None:
    svg = line_chart([(0, 1), (1, 4), (2, 2)], "Threads")
    root = fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Threads: from 1 to 2, at most 4, over 2 s"
    assert [text.text for text in root.iter(f"{SVG}text")] == ["0", "2", "4", "0 s", "2 s"]
    assert points_of(svg) == 3


def test_a_chart_brings_no_script_no_style_and_no_date() -> None:
    points = [(0, 1), (1, 4), (2, 2)]
    svg = line_chart(points, "Threads") + latency_chart(
        [ScenarioMeasures("echo", 9, 0, 0, 0.5, 1.0, 2.0, 4.0)]
    )
    for banned in ("<script", "<style", "style=", "<!--", "http:", "onload", "href", ' id="'):
        assert banned not in svg.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    assert line_chart(points, "Threads") == line_chart(points, "Threads")


def test_nothing_to_draw_draws_nothing() -> None:
    assert line_chart([], "x") == ""
    assert line_chart([(math.nan, 1), (1, math.inf)], "x") == ""
    assert latency_chart([]) == ""
    assert latency_chart([ScenarioMeasures("get", 0, 0, 3, math.nan, math.nan, math.nan, math.nan)]) == ""
    assert latency_chart([ScenarioMeasures("get", 0, 0, 3, 0.0, 0.0, 0.0, 0.0)]) == ""


def test_one_sample_is_a_dot_and_a_flat_line_has_no_division_by_zero() -> None:
    assert "<circle" in line_chart([(3, 5)], "x")
    assert points_of(line_chart([(0, 0), (1, 0)], "x")) == 2
    assert points_of(line_chart([(1, 2), (1, 3)], "x")) == 2


@pytest.mark.parametrize(("peaks", "greatest"), [(True, 100.0), (False, 10.0)])
def test_many_points_become_buckets(peaks: bool, greatest: float) -> None:
    points = [(float(at), 100.0 if at == 5000 else 10.0) for at in range(POINTS_MAX * 50)]
    svg = line_chart(points, "x", peaks=peaks)
    assert points_of(svg) == POINTS_MAX
    summary = fromstring(svg).get("aria-label") or ""
    assert (f"at most {greatest:.0f}" in summary) is peaks


def test_latencies_are_drawn_from_the_fastest_median_to_the_slowest_answer() -> None:
    svg = latency_chart(
        [
            ScenarioMeasures("echo", 9, 0, 0, 0.5, 1.0, 2.0, 4.0),
            ScenarioMeasures("<stream>", 9, 0, 0, 20.0, 90.0, 300.0, 2000.0),
        ]
    )
    root = fromstring(svg)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert "0.1 ms" in texts
    assert "10,000 ms" in texts
    assert "<stream>" in texts
    assert "&lt;stream&gt;" in svg
    placed = [float(dot.get("cx") or "") for dot in root.iter(f"{SVG}circle")]
    greatest, ninety_ninth, median = placed[:2], placed[2:4], placed[4:]
    for row in zip(median, ninety_ninth, greatest, strict=True):
        assert list(row) == sorted(row)
    assert median[0] < median[1]


def test_later_imports_don_t_ask_pygal() -> None:
    assert all(hasattr(finder, "find_spec") for finder in sys.meta_path)
