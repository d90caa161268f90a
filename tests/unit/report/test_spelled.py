"""Requests and responses side by side: what is another's is marked, whatever the target said around it."""

from __future__ import annotations

import pytest

from harness.history.canary import CanaryKind, make_canary, to_text
from harness.report.spelled import came_text, is_foreign, mark_foreign, sent_text
from tests.golden.report.samples import OUR_SESSION, OURS, THEIRS, invalid

THEIR_SESSION = make_canary(CanaryKind.SESSION, 0, 7, 1)


@pytest.mark.parametrize(
    ("canary", "foreign"), [(OURS, False), (THEIRS, True), (OUR_SESSION, False), (THEIR_SESSION, True)]
)
def test_whose_a_canary_is(canary: int, foreign: bool) -> None:
    assert is_foreign(canary, OURS) is foreign


def test_markup_around_a_canary_stays_text() -> None:
    marked = mark_foreign(f"<b>{to_text(THEIRS)}</b>", OURS)
    assert marked == "&lt;b&gt;<mark>1000000700000009 (operation w0.c7#9, not its own)</mark>&lt;/b&gt;"


def test_longer_digits_are_no_canary() -> None:
    assert "<mark>" not in mark_foreign(f"a{to_text(THEIRS)} {to_text(THEIRS)}0", OURS)


def test_what_is_repeated_is_counted() -> None:
    marked = mark_foreign(" .. ".join([to_text(THEIRS)] * 3), OURS)
    assert marked.count("<mark>") == 1
    assert marked.endswith("(3 times)")


def test_without_a_kept_text_the_records_say_what_they_can() -> None:
    column = invalid().columns[0]
    assert "scenario echo" in sent_text(THEIRS, column)
    assert "<mark>" not in sent_text(THEIRS, column)
    assert came_text(THEIRS, column).startswith("status 200, and all")
    assert sent_text(1, column) == came_text(1, column) == "not recorded"
