"""A comparison of the samples and a list of them, as committed; renewed as ``test_golden_report.py`` says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.report.as_json import render_brief, render_json
from harness.report.compare import Comparison, compare_runs
from harness.report.comparison_page import Listed, render_comparison, render_index
from harness.report.comparison_text import render_comparison_text
from harness.report.past import read_brief, read_past
from tests.golden.report.samples import SAMPLES

HERE = Path(__file__).parent / "comparison"


def comparison() -> Comparison:
    return compare_runs(
        [read_past(json.loads(render_json(SAMPLES[name]()))) for name in ("valid", "invalid", "unknown")]
    )


def index() -> str:
    runs = [make() for make in SAMPLES.values()]
    return render_index([Listed(r.run, read_brief(json.loads(render_brief(r))), True) for r in runs], 2)


FORMS: dict[str, Callable[[], str]] = {
    "comparison.html": lambda: render_comparison(comparison()),
    "comparison.txt": lambda: render_comparison_text(comparison()),
    "index.html": index,
}


@pytest.mark.parametrize("form", FORMS)
def test_it_is_as_committed(form: str) -> None:
    path, text = HERE / form, FORMS[form]()
    if os.environ.get("CROSSTALK_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
