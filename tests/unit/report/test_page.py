from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.report.page import content_policy, render_page
from tests.golden.report.samples import SAMPLES, black_box, invalid, run, unknown, valid


def style_of(page: str) -> str:
    found = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("name", SAMPLES)
def test_page_is_one_file_that_fetches_and_runs_nothing(name: str) -> None:
    page = render_page(SAMPLES[name]())
    assert not re.search(r"<(script|link|img|iframe|object|embed|base|form)\b", page)
    assert not re.search(r'\b(src|srcset|action|style|on\w+)="', page)
    assert "url(" not in style_of(page)
    assert "@import" not in page
    assert set(re.findall(r'href="(.)', page)) == {"#"}


@pytest.mark.parametrize("name", SAMPLES)
def test_policy_allows_exactly_this_style_sheet(name: str) -> None:
    page = render_page(SAMPLES[name]())
    policy = content_policy(style_of(page)).replace("'", "&#39;")
    assert f'content="{policy}"' in page
    assert "default-src &#39;none&#39;" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", SAMPLES)
def test_every_anchor_leads_somewhere_and_every_id_is_used_once(name: str) -> None:
    page = render_page(SAMPLES[name]())
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert set(re.findall(r'aria-labelledby="([^"]+)"', page)) <= set(ids)


@pytest.mark.parametrize("name", SAMPLES)
def test_tables_have_captions_and_scoped_heads(name: str) -> None:
    page = render_page(SAMPLES[name]())
    assert len(re.findall(r"<table[ >]", page)) == page.count("<caption>") > 0
    assert re.findall(r"<th(?![^>]*scope=)[ >]", page) == []
    for landmark in ("<header>", "<nav ", "<main ", "<footer>", '<html lang="en">'):
        assert page.count(landmark) == 1


def test_verdict_comes_first_and_says_what_it_means() -> None:
    page = render_page(invalid())
    body = page[page.index("<body>") :]
    assert (
        body.index(">invalid</p>") < body.index("34 violations of I1, I3 and I6") < body.index('id="matrix"')
    )


def test_a_violated_cell_leads_to_its_violation() -> None:
    page = render_page(invalid())
    assert '<td class="violated"><a href="#cause-crossed-1">\u2717 violated (31)</a></td>' in page


def test_reasons_for_unknown_come_before_the_matrix() -> None:
    page = render_page(unknown())
    assert page.index("Why this is unknown") < page.index('id="matrix"')
    assert "Why this is unknown" not in render_page(valid())


def test_not_looked_at_is_visible_and_never_green() -> None:
    page = render_page(black_box())
    assert '<td class="not-looked-at">\u2013 not looked at</td>' in page
    assert "Black box:" in page
    assert 'not-looked-at">' not in render_page(valid())


def test_the_cut_off_are_blamed_on_none() -> None:
    assert "Cut off: 2, blamed on none" in render_page(unknown())
    assert "Cut off:" not in render_page(valid())


def test_a_run_that_never_got_a_column_still_has_a_page() -> None:
    page = render_page(run("empty", doubts=("target: it could not start",), exit_code=3))
    assert "No column ran" in page
    assert "3 (wrong usage, or the harness itself failed)" in page


def test_a_run_with_an_empty_meta_file_still_has_a_page() -> None:
    page = render_page(replace(valid(), meta={}))
    assert "names no command" in page
    assert "not recorded" in page


def test_the_first_ten_seconds_answer_in_order() -> None:
    page = render_page(invalid())
    brief = page[page.index('class="brief"') : page.index("<nav ")]
    questions = re.findall(r"<dt>(.*?)</dt>", brief)
    assert questions == [
        *("Is it isolated?", "What happened", "From whom to whom", "Where", "How sure", "What next"),
    ]
    assert "from operation w0.c7#9 (client 7 of load worker 0) to operation w0.c3#12" in brief
    assert "app/probes/echo.py:33  look(VIEW_AFTER_YIELD)" in brief


def test_a_valid_run_says_how_it_knows_and_what_it_does_not_say() -> None:
    page = render_page(valid())
    brief = page[page.index('class="brief"') : page.index("<nav ")]
    assert "48,213 switches inside requests (enough)" in brief
    assert "step handle_exception" in brief
    assert "From whom" not in brief


def test_a_foreign_canary_is_marked_and_an_own_one_is_not() -> None:
    page = render_page(invalid())
    assert "<mark>1000000700000009 (operation w0.c7#9, not its own)</mark>" in page
    assert "<mark>100000030000000c" not in page
    assert "<mark>" not in render_page(valid())


def test_the_ledger_names_the_callback_that_did_not_run() -> None:
    page = render_page(invalid())
    row = re.search(r'<td class="mono">appcontext_popped</td>.*?</tr>', page, re.DOTALL)
    assert row is not None
    assert re.findall(r'"num">([\d,]+)<', row[0]) == ["3,010", "3,009", "1", "0"]
    assert "no, such as operation w0.c3#12" in row[0]
    assert "such as operation" not in render_page(valid())
