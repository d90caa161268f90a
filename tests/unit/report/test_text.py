from __future__ import annotations

from dataclasses import replace

import pytest

from harness.report.text import render_text
from tests.golden.report.samples import SAMPLES, black_box, invalid, run, unknown, valid


def test_colour_only_when_asked_for() -> None:
    assert "\x1b[1;31mINVALID\x1b[0m" in render_text(invalid(), color=True)
    assert "\x1b" not in render_text(invalid())


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("width", [80, 100, 160])
def test_lines_keep_to_the_width(name: str, width: int) -> None:
    lines = render_text(SAMPLES[name](), width).splitlines()
    assert max(map(len, lines)) <= width


def test_reasons_for_unknown_come_before_anything_else() -> None:
    text = render_text(unknown())
    assert text.index("Why this is unknown") < text.index("Matrix")
    assert "3 switches inside requests were seen" in text
    assert "short" in text


def test_the_cut_off_are_named_and_blamed_on_none() -> None:
    text = render_text(unknown())
    assert "blamed on none" in text
    assert "operation w0.c3#12, operation w0.c7#9" in text
    assert "blamed on none" not in render_text(valid())


def test_not_looked_at_is_visible() -> None:
    assert "not looked at" in render_text(black_box())
    assert "not looked at" not in render_text(valid())


def test_a_run_that_never_got_a_column_still_has_a_summary() -> None:
    text = render_text(run("empty", doubts=("target: it could not start",), exit_code=3))
    assert "no column ran" in text
    assert "target: it could not start" in text
    assert "exit 3" in text


def test_many_cut_off_operations_are_counted() -> None:
    report = unknown()
    column = replace(report.columns[0], cut_off=tuple(range(1, 61)))
    assert "60 operations" in render_text(replace(report, columns=(column,)))
    assert "and 20 more" in render_text(replace(report, columns=(column,)))
