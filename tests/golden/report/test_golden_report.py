"""Four small reports in every form, compared byte by byte with what is committed beside this file.

To accept a change that is meant: ``CROSSTALK_UPDATE_GOLDEN=1 python -m pytest tests/golden/report``, then
read the difference before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.report.as_json import render_json
from harness.report.data import RunReport
from harness.report.junit import render_junit
from harness.report.page import render_page
from harness.report.text import render_text
from tests.golden.report.samples import SAMPLES

HERE = Path(__file__).parent
FORMS: dict[str, Callable[[RunReport], str]] = {
    "report.html": render_page,
    "summary.txt": render_text,
    "verdict.json": render_json,
    "junit.xml": render_junit,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SAMPLES)
def test_report_is_as_committed(name: str, form: str) -> None:
    path = HERE / name / form
    text = FORMS[form](SAMPLES[name]())
    if os.environ.get("CROSSTALK_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMS)
def test_rendering_twice_gives_the_same_bytes(form: str) -> None:
    assert FORMS[form](SAMPLES["invalid"]()) == FORMS[form](SAMPLES["invalid"]())
