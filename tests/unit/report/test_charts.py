from __future__ import annotations

import math
import re
from xml.etree.ElementTree import fromstring

import pytest

from harness.report.charts import POINTS_MAX, latency_chart, line_chart, nice_ceiling
from harness.report.data import ScenarioMeasures

CEILINGS = [
    (0, 1),
    (0.3, 1),
    (1, 1),
    (1.2, 1.5),
    (7, 8),
    (10, 10),
    (11, 15),
    (541, 600),
    (999, 1000),
    (1001, 1500),
]


@pytest.mark.parametrize(("value", "ceiling"), CEILINGS)
def test_an_axis_ends_at_a_round_number_that_is_not_below_the_data(value: float, ceiling: float) -> None:
    assert nice_ceiling(value) == pytest.approx(ceiling)


def numbers_of(svg: str) -> list[float]:
    return [float(n) for n in re.findall(r'points="([^"]*)"', svg)[-1].replace(",", " ").split()]


def test_a_line_is_well_formed_and_says_what_it_shows() -> None:
    svg = line_chart([(0, 1), (1, 4), (2, 2)], "Threads")
    root = fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Threads: from 1 to 2, at most 4, over 2 s"
    assert len(numbers_of(svg)) == 6


def test_nothing_to_draw_draws_nothing() -> None:
    assert line_chart([], "x") == ""
    assert line_chart([(math.nan, 1), (1, math.inf)], "x") == ""
    assert latency_chart([]) == ""
    assert latency_chart([ScenarioMeasures("get", 0, 0, 3, math.nan, math.nan, math.nan, math.nan)]) == ""
    assert latency_chart([ScenarioMeasures("get", 0, 0, 3, 0.0, 0.0, 0.0, 0.0)]) == ""


def test_one_sample_is_a_dot_and_a_flat_line_has_no_division_by_zero() -> None:
    assert "<circle" in line_chart([(3, 5)], "x")
    assert "<polyline" in line_chart([(0, 0), (1, 0)], "x")
    assert "<polyline" in line_chart([(1, 2), (1, 3)], "x")


@pytest.mark.parametrize(("peaks", "greatest"), [(True, 100.0), (False, 10.0)])
def test_many_points_become_buckets(peaks: bool, greatest: float) -> None:
    points = [(float(at), 100.0 if at == 5000 else 10.0) for at in range(POINTS_MAX * 50)]
    svg = line_chart(points, "x", peaks=peaks)
    assert len(numbers_of(svg)) // 2 == POINTS_MAX
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
    texts = [element.text for element in root.iter("text")]
    assert "0.1" in texts
    assert "10,000 ms" in texts
    assert "<stream>" in texts
    assert "&lt;stream&gt;" in svg
