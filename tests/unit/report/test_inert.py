from __future__ import annotations

import json

import pytest

from harness.inert import inert_block, inert_line, script_data

#: What a hostile target may say -> how one line of a report shows it.
HOSTILE = {
    "\x1b]0;owned\x07": "\\x1b]0;owned\\x07",  # sets a terminal's title
    "\x1b[2J\x1b[1;1H": "\\x1b[2J\\x1b[1;1H",  # wipes the screen
    "\x9b31m": "\\x9b31m",  # the same escape in one 8-bit character
    "ok\rVerdict: VALID": "ok\\rVerdict: VALID",  # overwrites the line
    "a\nb": "a\\nb",  # fakes a line
    "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g": "a\\x0bb\\x0cc\\x1cd\\x85e\\u2028f\\u2029g",  # splitlines() splits
    "\u202egpj.exe\u2066": "\\u202egpj.exe\\u2066",  # reorders what follows
    "zero\u200bwidth\ufeff": "zero\\u200bwidth\\ufeff",
    "tag\U000e0041": "tag\\U000e0041",  # invisible tag characters
    "half\ud800": "half\\ud800",  # can't even be encoded
    "\u3164blank\u2800": "\\u3164blank\\u2800",  # letters to Unicode, nothing to the eye
    "back\x08\x7fspace": "back\\x08\\x7fspace",
    "no\u00a0break": "no\\xa0break",
}

HARMLESS = ["", "plain text", "caf\u00e9 \u65e5\u672c\u8a9e \u2713", "<b>&amp;</b>", "back\\slash", "'\""]


@pytest.mark.parametrize(("text", "shown"), HOSTILE.items())
def test_hostile_text_is_shown_and_does_nothing(text: str, shown: str) -> None:
    assert inert_line(text) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert inert_line(text) == text
    assert inert_block(text) == text


def test_a_block_keeps_its_lines_and_nothing_else() -> None:
    assert inert_block("a\nb\r\n\x1bc\td") == "a\nb\\r\n\\x1bc\\td"


def test_long_text_is_cut_and_the_rest_counted() -> None:
    assert inert_line("x" * 25, limit=20) == "x" * 20 + " ... (5 more characters)"
    assert inert_line("x" * 20, limit=20) == "x" * 20


def test_script_data_means_the_same_and_closes_no_script() -> None:
    value = {"text": "</script><!-- & \u2028\u2029"}
    data = script_data(json.dumps(value, ensure_ascii=False))
    assert json.loads(data) == value
    assert not set("<>&\u2028\u2029") & set(data)
