"""Whatever a target says, a report stays the report it was: no text of a target's can act.

Every text of a report is replaced by a hostile one; the page's elements and attributes, the lines of
the summary that are the report's own, the XML's elements and the JSON's keys must be those that a
harmless text gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.history.event import Event
from harness.inert import inert_block, inert_line, script_data
from harness.report.as_json import render_json
from harness.report.data import RunReport
from harness.report.junit import render_junit
from harness.report.page import render_page
from harness.report.text import render_text
from harness.verdict import Result
from tests.golden.report.samples import invalid, unknown

ATTACKS = [
    "</style><script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    '"\' onmouseover=alert(1) x="',
    "<!--",
    "]]>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\x1b[2J\x1b]8;;http://example.invalid\x07",
    "\r\nVerdict: VALID",
    "\u202e\u2066\u200b",
    "\ud800",
    "\x00",
    "&lt;script&gt;",
]

texts = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.characters(codec=None), min_size=1, max_size=30),
    st.lists(st.sampled_from(ATTACKS), min_size=2, max_size=3).map("".join),
)


def poisoned(value: Any, text: str) -> Any:
    """Return *value* with every text in it replaced, those of the project's own tables excepted."""
    if value is None or isinstance(value, Enum | bool | int | float):
        return value
    if isinstance(value, str):
        return text
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: poisoned(getattr(value, f.name), text) for f in fields(value)}
        if isinstance(value, Event):
            changed["fields"] = value.fields  # the columns have our own names
        if isinstance(value, Result):
            changed["invariant"] = value.invariant  # and so has an invariant
        return replace(value, **changed)
    if isinstance(value, tuple | list):
        return type(value)(poisoned(item, text) for item in value)
    assert isinstance(value, dict)
    return {key: poisoned(item, text) for key, item in value.items()}


def poisoned_report(make: Callable[[], RunReport], text: str) -> RunReport:
    report = poisoned(make(), text)
    assert isinstance(report, RunReport)
    return report


class Shape(HTMLParser):
    """The elements of a page and the names of their attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, ...]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(("/" + tag,))

    def handle_comment(self, data: str) -> None:
        self.seen.append(("comment",))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25, deadline=None)
@given(texts)
@pytest.mark.parametrize("make", [invalid, unknown])
def test_a_page_has_the_same_elements_whatever_a_target_says(
    make: Callable[[], RunReport], text: str
) -> None:

    page = render_page(poisoned_report(make, text))
    assert Shape(page).seen == Shape(render_page(poisoned_report(make, "harmless"))).seen
    page.encode("utf-8")  # no half of a surrogate pair got through
    assert all(c.isprintable() or c == "\n" for c in page)


@settings(max_examples=25, deadline=None)
@given(texts)
@pytest.mark.parametrize("make", [invalid, unknown])
def test_a_terminal_gets_visible_characters_only(make: Callable[[], RunReport], text: str) -> None:
    shown = render_text(poisoned_report(make, text))
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert len(re.findall(r"^Verdict: ", shown, re.MULTILINE)) == 1


@settings(max_examples=25, deadline=None)
@given(texts)
@pytest.mark.parametrize("make", [invalid, unknown])
def test_xml_and_json_keep_their_form(make: Callable[[], RunReport], text: str) -> None:
    report, harmless = poisoned_report(make, text), poisoned_report(make, "harmless")

    def elements(of: RunReport) -> list[str]:
        return [element.tag for element in fromstring(render_junit(of).encode()).iter()]

    assert elements(report) == elements(harmless)
    said = render_json(report)
    assert said.isascii()
    assert not set("<>&\x1b\x7f") & set(said)
    assert json.loads(said).keys() == json.loads(render_json(harmless)).keys()


@given(st.text(st.characters(codec=None)))
@example("\x1b\x9b\u202e\ud800\U000e0041\u3164")
def test_inert_text_is_visible_and_inert_again_changes_nothing(text: str) -> None:
    line = inert_line(text)
    assert line.isprintable()
    assert inert_line(line) == line
    block = inert_block(text)
    assert block.count("\n") == text[:2000].count("\n")
    assert all(part.isprintable() for part in block.split("\n"))


@given(st.text(st.characters(exclude_categories=())))
def test_script_data_round_trips(text: str) -> None:
    assert json.loads(script_data(json.dumps(text, ensure_ascii=False))) == text
    assert "</" not in script_data(json.dumps([text], ensure_ascii=False))
