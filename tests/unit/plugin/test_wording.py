"""A sentence in a test names what a test has: no option of the command."""

from __future__ import annotations

import pytest

from harness.checkers.exercised import REASONS
from harness.history.layout import Notice
from harness.plugin.wording import in_a_test

OTHERS = [
    (
        "No route answered anything but errors, so that silence proves nothing: see the target's log; if the "
        "app asks for a host's name, give --header 'Host: NAME'; else name what it serves with --urls."
    ),
    (
        "--app m:app needs a module that is not installed for python: m; name the interpreter that has it "
        "with --target-python"
    ),
    "--app m:app: there is no module 'm': start crosstalk in the project's folder, or give the file",
    "/a: POST not asked for: name them with --methods",
    "/a: left out with --exclude",
    "/a: no value is known that 'n' takes: name one with --urls",
    "/a: another application is mounted there: name it with --urls",
    "/a: for another host: give --urls with --header 'Host: NAME'",
]


@pytest.mark.parametrize("sentence", [*(reason.sentence for reason in REASONS.values()), *OTHERS])
def test_no_option_of_the_command_is_left(sentence: str) -> None:
    assert "--" not in in_a_test(sentence)
    assert "the target" not in in_a_test(sentence)


def test_what_helps_is_what_check_takes() -> None:
    assert "with headers={'X-Forwarded-Proto': 'https'}" in in_a_test(REASONS[Notice.HTTPS].sentence)
    assert "log in first with urls=" in in_a_test(REASONS[Notice.ENTRANCE].sentence)
