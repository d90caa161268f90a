"""The pages as a browser has them: offline, without a complaint, by keyboard, in print, to axe-core."""

from __future__ import annotations

import pytest

from harness.report.page import render_page
from tests.golden.report.samples import SAMPLES, invalid
from tests.golden.report.test_golden_comparison import FORMS
from tests.integration.report.conftest import Opener
from tests.property.report.test_hostile_text import ATTACKS, poisoned_report

pytestmark = pytest.mark.needs_chromium


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_opens_offline_without_a_complaint(open_page: Opener, name: str) -> None:
    opened = open_page(render_page(SAMPLES[name]()))
    assert opened.complaints == []
    assert len(opened.requests) == 1
    assert opened.page.locator("#matrix table tbody tr").count() == 14
    assert opened.page.locator("h1").count() == 1


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", SAMPLES)
def test_axe_objects_to_nothing(open_page: Opener, name: str, dark: bool) -> None:
    opened = open_page(render_page(SAMPLES[name]()), dark=dark)
    opened.open_details()
    assert opened.axe() == []


def test_axe_objects_where_there_is_something_to_object_to(open_page: Opener) -> None:
    page = render_page(invalid()).replace(' lang="en"', "")
    assert [line.partition(":")[0] for line in open_page(page).axe()] == ["html-has-lang"]


def test_a_timeline_is_drawn_and_says_so(open_page: Opener) -> None:
    page = open_page(render_page(invalid())).page
    drawing = page.locator("#cause-crossed svg").first
    box = drawing.bounding_box()
    assert box is not None
    assert box["height"] > 200
    assert "w0.c3#12 sees request = operation w0.c7#9" in (drawing.get_attribute("aria-label") or "")
    inside = "one => one.getBBox().x + one.getBBox().width <= one.ownerSVGElement.viewBox.baseVal.width"
    assert all(text.evaluate(inside) for text in drawing.locator("text").all())


def test_no_words_are_wider_than_a_narrow_window(open_page: Opener) -> None:
    page = open_page(render_page(invalid())).page
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_keyboard_reaches_everything(open_page: Opener) -> None:
    page = open_page(render_page(invalid())).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")  # a key is handled before the page has gone anywhere
    cell = page.locator("#matrix td.violated a", has_text="violated (2)")
    cell.focus()
    page.keyboard.press("Enter")
    page.locator("#cause-crossed-2").wait_for()  # a link opens what its end is folded into
    summary = page.locator("#cycle summary").first
    summary.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.locator("#cycle table").first.wait_for()


def test_print_shows_what_is_folded_away_and_no_navigation(open_page: Opener) -> None:
    page = open_page(render_page(invalid()), dark=True).page
    assert not page.locator("#cause-crossed-2").is_visible()
    page.emulate_media(media="print")
    assert page.locator("#cause-crossed-2").bounding_box() is not None
    assert page.locator("#cause-crossed-2 .explanation").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf()[:5] == b"%PDF-"


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_hostile_text_stays_text(open_page: Opener, attack: str) -> None:
    opened = open_page(render_page(poisoned_report(invalid, attack)))
    assert opened.complaints == []
    assert len(opened.requests) == 1
    assert opened.page.title().startswith("invalid: crosstalk")
    assert opened.page.locator("script, img, iframe, form, object").count() == 0


def test_what_is_not_the_reports_own_is_refused(open_page: Opener) -> None:
    page = render_page(invalid())
    tampered = page.replace("</body>", "<script>document.title='owned'</script><style>p{}</style></body>")
    opened = open_page(tampered)
    assert opened.page.title() != "owned"
    assert [word for word in ("script", "style") if any(word in line for line in opened.complaints)] == [
        "script",
        "style",
    ]


@pytest.mark.parametrize("form", ["comparison.html", "index.html"])
def test_comparisons_and_lists_are_pages_like_others(open_page: Opener, form: str) -> None:
    opened = open_page(FORMS[form](), dark=form == "index.html")
    assert opened.complaints == []
    assert len(opened.requests) == 1
    assert opened.axe() == []
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.textContent") == "Skip to the report"
