"""A line of progress says how fast it goes and how long it takes, once it can know."""

from __future__ import annotations

import os
import sys

import pytest

from harness import cli
from harness.commands.progress import Progress
from harness.options.catalogue import gather_catalogue
from harness.options.table import Settings, parse_settings
from harness.report.text import render_text
from tests.golden.report.samples import SAMPLES


def settings(**values: str) -> Settings:
    return parse_settings(values, gather_catalogue())


def test_operations_have_a_rate_and_a_time_left() -> None:
    progress = Progress(settings(operations="5000"), ["a", "b"])
    assert progress.line("a", 0, 1.0) == "[1/2] a: starting, 1 s"
    assert progress.line("a", 500, 2.0) == "[1/2] a: 500 of 5,000 operations, 2 s, 500/s, about 9 s left"
    assert progress.line("b", 100, 1.0) == "[2/2] b: 100 of 5,000 operations, 1 s"
    assert progress.line("b", 300, 3.0) == "[2/2] b: 300 of 5,000 operations, 3 s, 100/s, about 47 s left"


def test_a_duration_has_a_time_left_and_no_end_has_none() -> None:
    timed = Progress(settings(duration="20"), ["a"])
    timed.line("a", 0, 1.0)
    assert timed.line("a", 800, 5.0) == "[1/1] a: 800 operations, 5 s, 200/s, about 16 s left"
    endless = Progress(settings(), ["a"])
    endless.line("a", 0, 0.0)
    assert endless.line("a", 800, 4.0) == "[1/1] a: 800 operations, 4 s, 200/s"


def test_what_is_late_has_no_time_left() -> None:
    progress = Progress(settings(duration="2"), ["a"])
    progress.line("a", 0, 0.0)
    assert progress.line("a", 800, 4.0).endswith("about 0 s left")


@pytest.mark.parametrize(
    ("variables", "tty", "colour"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], tty: bool, colour: bool
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setitem(os.environ, name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: tty)
    assert cli._Printer().colour is colour


def test_progress_keeps_to_one_line_and_only_a_terminal_sees_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    cli._Printer().progress("x" * 100)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    cli._Printer().progress("x" * 100)
    assert capsys.readouterr().out == "x" * 39 + "\r"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_final_block_fits_eighty_columns_and_names_one_cause(name: str) -> None:
    text = render_text(SAMPLES[name](), 80, causes_max=1)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("Violation: ") <= 1
    if name == "invalid":
        assert "and 1 more cause: see summary.txt" in text
        assert "see summary.txt" not in render_text(SAMPLES[name](), 80)
