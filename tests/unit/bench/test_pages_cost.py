"""The benches of the page and of the live view measure what they say; how much is not a test's business."""

from __future__ import annotations

import pytest

from harness.bench import live, pages


def test_a_page_is_made_of_a_run_that_was_broken_so_often() -> None:
    cost = pages.measure(2_000, 50)
    assert cost.operations > 1_000
    assert cost.violations >= 50
    assert cost.size > 20_000
    assert len(cost.lines()) == 3


def test_the_run_that_is_measured_has_its_witnesses_and_their_stories() -> None:
    (column,) = pages.make_report(2_000, 20).columns
    shown = [violation for result in column.results for violation in result.violations]
    assert shown
    assert column.stories
    assert column.exercise.switches > 100


def test_a_leak_reaches_the_live_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RECORDS", 20_000)
    (taken_s,) = live.measure(1)
    assert taken_s > 0
