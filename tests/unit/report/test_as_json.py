from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from harness.report.as_json import render_json
from tests.golden.report.samples import SAMPLES, invalid, unknown, valid


@pytest.mark.parametrize("name", SAMPLES)
def test_json_says_the_verdict_and_the_exit_code(name: str) -> None:
    report = SAMPLES[name]()
    said = json.loads(render_json(report))
    assert said["format"] == 1
    assert said["verdict"] == report.verdict.word
    assert said["exit_code"] == report.exit_code
    assert [column["name"] for column in said["columns"]] == [column.name for column in report.columns]


def test_a_violation_carries_its_witness() -> None:
    results = {r["invariant"]: r for r in json.loads(render_json(invalid()))["columns"][0]["results"]}
    violation = results["I1"]["violations"][0]
    assert results["I1"]["count"] == 31
    assert violation["operations"] == ["100000030000000c", "1000000700000009"]
    assert violation["witness"][2]["request"] == "1000000700000009"
    assert violation["witness"][2]["what"] == "look view_after_yield"
    assert violation["witness"][2]["record"] == 33


def test_evidence_is_given_with_its_thresholds() -> None:
    evidence = json.loads(render_json(unknown()))["columns"][0]["evidence"]
    assert evidence == [{"what": "switches inside requests", "seen": 3, "needed": 1000, "word": "short"}]


def test_what_is_no_number_is_null() -> None:
    report = valid()
    measures = replace(report.columns[0].measures, operations_per_s=math.inf)
    odd = replace(
        report, columns=(replace(report.columns[0], measures=measures, meta={"x": math.nan, "y": [object]}),)
    )
    column = json.loads(render_json(odd))["columns"][0]
    assert column["measures"]["operations_per_s"] is None
    assert column["meta"] == {"x": None, "y": [str(object)]}


def test_the_text_is_inert_in_a_terminal_and_in_a_page() -> None:
    report = replace(valid(), doubts=("</script>\x1b[2J\u202e&",))
    text = render_json(report)
    assert text.isascii()
    assert not set("<>&\x1b") & set(text)
    assert json.loads(text)["doubts"] == ["</script>\x1b[2J\u202e&"]


def test_details_are_given_for_operations_that_a_violation_names_and_no_others() -> None:
    assert list(json.loads(render_json(invalid()))["columns"][0]["details"]) == ["100000030000000c"]
    assert json.loads(render_json(valid()))["columns"][0]["details"] == {}
