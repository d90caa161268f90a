"""`crosstalk trace`: the answer to "where is the signal sent?"."""

from __future__ import annotations

import linecache
import re

import pytest

from tests.integration.cli.conftest import Crosstalk
from tests.integration.locust.locusts import ROOT

STEP = re.compile(r" *\d+  ([A-])([R-])  (\w+) +(\S+):(\d+) +\S+")


def steps(output: str) -> list[tuple[str, str, str]]:
    """Return (active, step, the line of code) of each step."""
    found = [match for line in output.splitlines() if (match := STEP.match(line))]
    return [(m[1] + m[2], m[3], linecache.getline(str(ROOT / m[4]), int(m[5]))) for m in found]


@pytest.mark.parametrize(
    ("arguments", "status", "has", "lacks"),
    [
        (["/no/such/page"], "404 NOT FOUND", "handle_user_exception", "view"),
        (["/ready-made?canary=1", "--method", "OPTIONS"], "", "start_response", "handle_exception"),
    ],
)
def test_every_step_is_shown_with_the_line_that_names_it(
    crosstalk: Crosstalk, arguments: list[str], status: str, has: str, lacks: str
) -> None:
    process = crosstalk("trace", *arguments)
    assert process.wait() == 0, process.output
    assert status in process.output.splitlines()[0]
    traced = steps(process.output)
    assert traced[0][:2] == ("A-", "app_context_push")
    assert traced[-1][:2] == ("--", "appcontext_popped")
    names = [name for _, name, _ in traced]
    assert has in names
    assert lacks not in names
    for _, name, line in traced:
        assert f"steps.{name.upper()}" in line, (name, line)


def test_a_view_that_raises_system_exit_is_traced_to_its_end(crosstalk: Crosstalk) -> None:
    process = crosstalk("trace", "/base-exception/1/system_exit")
    assert process.wait() == 0, process.output
    assert steps(process.output)[-1][:2] == ("--", "appcontext_popped")
    assert "SystemExit" in process.output
    assert "left the application" in process.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/", "--target=no_such_module:app"], "there is no module 'no_such_module'"),
        (["/", "--target=wsgiref.simple_server:demo_app"], "announces no steps"),
    ],
)
def test_a_target_that_can_t_be_traced(crosstalk: Crosstalk, arguments: list[str], said: str) -> None:
    process = crosstalk("trace", *arguments)
    assert process.wait() == 3
    assert said in process.output
    assert "Traceback" not in process.output


def test_doctor_finds_what_a_run_needs(crosstalk: Crosstalk) -> None:
    process = crosstalk("doctor")
    assert process.wait() == 0, process.output
    assert "locust" in process.output
