"""What the real checkers say is shown by every form of report, also when they have nothing to say."""

from __future__ import annotations

import pytest

from harness.checkers.evidence import THRESHOLDS
from harness.checkers.judge import judge
from harness.checkers.table import CHECKERS
from harness.history.facts import ColumnFacts
from harness.report.as_json import render_json
from harness.report.data import ColumnReport, RunReport
from harness.report.evidence import evidence_lines
from harness.report.junit import render_junit
from harness.report.page import render_page
from harness.report.text import render_text
from harness.verdict import merge_verdicts
from tests.golden.report.samples import measures, run


def judged(model: str, *, inside: bool, doubts: tuple[str, ...] = ()) -> ColumnReport:
    facts = ColumnFacts(model, "gthread", inside, (), doubts)
    results = judge(facts, ())
    verdict = merge_verdicts(result.verdict for result in results)
    return ColumnReport(f"{model}-gthread", {}, facts, verdict, results, measures(0))


def report_of(*columns: ColumnReport) -> RunReport:
    return run("nothing", *columns)


@pytest.mark.parametrize("inside", [True, False])
def test_a_history_without_events_has_a_report_that_names_every_law(inside: bool) -> None:
    report = report_of(judged("thread", inside=inside), judged("process", inside=inside))
    for form in (render_page, render_text, render_json, render_junit):
        text = form(report)
        assert "No operation was sent" in text
        assert all(checker.law.id in text for checker in CHECKERS)


def test_every_threshold_of_a_model_is_shown() -> None:
    for model in ("thread", "greenlet", "process"):
        asked = [threshold for threshold in THRESHOLDS if model in threshold.models]
        lines = evidence_lines(judged(model, inside=True))
        assert [(line.what, line.needed, line.word) for line in lines] == [
            (threshold.what, threshold.needed, "short") for threshold in asked
        ]


def test_without_a_look_inside_the_evidence_is_what_clients_were_answered() -> None:
    lines = evidence_lines(judged("thread", inside=False))
    assert [line.what for line in lines] == ["operations answered", "clients answered"]


def test_a_doubt_is_told_once_although_several_repeat_it() -> None:
    report = report_of(judged("thread", inside=True, doubts=("The disk was full.",)))
    assert render_text(report).count("The disk was full.") == 1
    assert "The disk was full." in render_junit(report)
