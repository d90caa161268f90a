"""A step summary says what the report says, and foreign text in it stays text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.commands.step_summary import VARIABLE, add_step_summary
from harness.report.step_summary import CHARACTERS_MAX, code, plain, render_step_summary
from tests.golden.report.samples import SAMPLES, invalid, run, valid
from tests.property.report.test_hostile_text import ATTACKS, poisoned_report


@pytest.mark.parametrize("name", SAMPLES)
def test_it_begins_with_the_verdict_and_has_the_matrix(name: str) -> None:
    report = SAMPLES[name]()
    text = render_step_summary(report)
    assert text.splitlines()[0].endswith(f"crosstalk: {report.verdict.word}")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 13
    assert {line.replace("\\|", "").count("|") for line in rows} == {3 + len(report.columns)}


def test_what_crossed_is_named() -> None:
    text = render_step_summary(invalid())
    assert r"from operation w0\.c7\#9" in text
    assert "### Causes" in text
    assert "### Causes" not in render_step_summary(valid())


@pytest.mark.parametrize(
    "attack", [*ATTACKS, "[x](http://example.invalid)", "a | b", "`x`", "@someone", "# x"]
)
def test_foreign_text_opens_nothing(attack: str) -> None:
    shown = plain(attack)
    assert "\n" not in shown
    assert "<" not in shown
    for sign in "[]`|#@":
        assert shown.count(sign) == shown.count(f"\\{sign}")
    assert code(attack) == f"<code>{shown}</code>"
    text = render_step_summary(poisoned_report(invalid, attack))
    assert text.replace("<code>", "").replace("</code>", "").count("<") == 0


def test_a_run_of_nothing_has_one_and_a_long_one_is_cut() -> None:
    assert "unknown" in render_step_summary(run("nothing"))
    columns = tuple(replace(valid().columns[0], name=f"c{n}" * 400) for n in range(60))
    assert len(render_step_summary(replace(valid(), columns=columns))) <= CHARACTERS_MAX + 2


def test_it_is_appended_where_github_says(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    assert add_step_summary(valid(), {VARIABLE: str(path)}) == ""
    assert path.read_text().startswith("before\n## ")
    assert add_step_summary(valid(), {}) == ""
    assert "can't write the step summary" in add_step_summary(valid(), {VARIABLE: str(tmp_path)})
