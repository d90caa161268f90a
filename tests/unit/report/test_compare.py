"""What changed between runs is told, what is noise is called so, and no field is believed unread."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.records import RecordError
from harness.report.as_json import render_brief, render_json
from harness.report.compare import Comparison, compare_runs
from harness.report.comparison_page import Listed, render_comparison, render_index
from harness.report.comparison_text import render_comparison_text
from harness.report.data import RunReport
from harness.report.past import PastRun, read_brief, read_past
from tests.golden.report.samples import SAMPLES, invalid, unknown, valid


def past(report: RunReport) -> PastRun:
    return read_past(json.loads(render_json(report)))


def with_seconds(run: PastRun, factor: float, spread: int) -> PastRun:
    """Return a run whose first column completed *factor* times a thousand a second, give or take *spread*."""
    seconds = (1, *(int(1000 * factor) + (spread if n % 2 else -spread) for n in range(10)), 1)
    measures = replace(run.columns[0].measures, operations_per_s=1000.0 * factor, per_second=seconds)
    return replace(run, columns=(replace(run.columns[0], measures=measures),))


def test_new_and_gone_violations_and_the_cells_that_changed() -> None:
    comparison = compare_runs([past(valid()), past(invalid())])
    assert [(d.word, d.column, d.invariant, d.anomaly, d.after) for d in comparison.differences] == [
        ("new", "thread-gthread", "I1", "foreign-request", 31),
        ("new", "thread-gthread", "I3", "foreign-session", 2),
        ("new", "thread-gthread", "I6", "missing-teardown", 1),
    ]
    changed = {(c.column, c.invariant): [cell.text for cell in c.cells] for c in comparison.changes}
    assert changed["thread-gthread", "I1"] == ["ok", "violated (31)"]
    assert changed["process-sync", "I1"] == ["not run", "ok"]
    assert ("thread-gthread", "I0") not in changed
    back = compare_runs([past(invalid()), past(valid())])
    assert {difference.word for difference in back.differences} == {"gone"}


def test_a_run_and_itself_differ_in_nothing() -> None:
    comparison = compare_runs([past(invalid()), past(invalid())])
    assert (comparison.changes, comparison.differences) == ((), ())
    assert [ratio.ratio for ratio in comparison.ratios] == [1.0, 1.0]
    assert "still invalid" in comparison.sentence


@pytest.mark.parametrize(
    ("factor", "spread", "word"),
    [(0.8, 10, "slower"), (1.3, 10, "faster"), (0.98, 100, "within the noise"), (1.0, 0, "within the noise")],
)
def test_a_ratio_is_told_with_its_noise(factor: float, spread: int, word: str) -> None:
    before, after = with_seconds(past(valid()), 1.0, spread), with_seconds(past(valid()), factor, spread)
    (ratio,) = compare_runs([before, after]).ratios
    assert ratio.ratio == pytest.approx(factor)
    assert ratio.word == word


def test_of_too_few_seconds_no_noise_is_made_up() -> None:
    few = past(unknown())
    (ratio,) = compare_runs([few, few]).ratios
    assert (ratio.noise, ratio.word) == (None, "noise unknown")


def test_each_run_is_compared_with_the_first() -> None:
    comparison = compare_runs([past(valid()), past(invalid()), past(valid())])
    assert {difference.run for difference in comparison.differences} == {invalid().run}
    assert [len(change.cells) for change in comparison.changes] == [3] * len(comparison.changes)


def compared() -> Comparison:
    return compare_runs([past(valid()), past(invalid()), past(unknown())])


@pytest.mark.parametrize("width", [80, 120])
def test_text_keeps_to_the_width(width: int) -> None:
    text = render_comparison_text(compared(), width)
    assert max(map(len, text.splitlines())) <= width
    assert "new: I1 foreign-request in thread-gthread (0 \u2192 31)" in text


def test_pages_fetch_and_run_nothing() -> None:
    brief = read_brief(json.loads(render_brief(valid())))
    runs = [Listed(valid().run, brief, True), Listed("no verdict", None, True), Listed("a b", brief, True)]
    for page in (render_comparison(compared()), render_index(runs, 3), render_index([])):
        assert "<script" not in page
        assert page.count("<main ") == 1
    index = render_index(runs, 3)
    assert f'href="{valid().run}/report.html"' in index
    assert "3 older runs not listed" in index
    assert 'href="a b' not in index


def _poke(path: list[Any], value: object) -> Callable[[Any], None]:
    def poke(raw: Any) -> None:
        *way, last = path
        for step in way:
            raw = raw[step]
        raw[last] = value

    return poke


@pytest.mark.parametrize(
    ("poke", "said"),
    [
        (_poke(["format"], 2), "format 1"),
        (_poke(["verdict"], "fine"), "no verdict"),
        (_poke(["columns"], {}), "lacks the list 'columns'"),
        (_poke(["columns", 0, "verdict"], "<b>"), "no verdict"),
        (_poke(["columns", 0, "results"], None), "lacks the list 'results'"),
        (_poke(["columns", 0, "results", 0, "count"], "7"), "should be an integer"),
        (_poke(["columns", 0, "results", 0, "kinds"], {"x": []}), "should be an integer"),
        (_poke(["columns", 0, "measures"], 7), "not a JSON object"),
        (_poke(["columns", 0, "measures", "per_second"], [1.5]), "should be an integer"),
    ],
)
def test_what_is_not_ours_is_refused_by_name(poke: Callable[[Any], None], said: str) -> None:
    raw = json.loads(render_json(invalid()))
    poke(raw)
    with pytest.raises(RecordError, match=said):
        read_past(raw)
    with pytest.raises(RecordError):
        read_past([raw])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_brief_says_what_the_verdict_says(name: str) -> None:
    report = SAMPLES[name]()
    brief, whole = read_brief(json.loads(render_brief(report))), past(report)
    assert (brief.run, brief.verdict, brief.exit_code) == (whole.run, whole.verdict, whole.exit_code)
    assert brief.columns == {column.name: column.verdict for column in whole.columns}
