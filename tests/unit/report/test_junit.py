from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

from harness.report.data import RunReport
from harness.report.junit import render_junit
from harness.verdict import Verdict
from tests.golden.report.samples import black_box, invalid, unknown, valid


def parsed(report: RunReport) -> Element:
    return fromstring(render_junit(report).encode())


def outcomes(report: RunReport) -> dict[str, int]:
    root = parsed(report)
    return {tag: len(root.findall(f"testsuite/testcase/{tag}")) for tag in ("failure", "error", "skipped")}


def test_valid_passes() -> None:
    assert outcomes(valid()) == {"failure": 0, "error": 0, "skipped": 0}


def test_each_broken_invariant_fails_once_per_column() -> None:
    assert outcomes(invalid()) == {"failure": 3, "error": 0, "skipped": 0}
    failure = parsed(invalid()).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "31 violations"
    assert failure.get("type") == "foreign-request"
    assert "At view_after_yield, operation w0.c3#12" in (failure.text or "")


def test_unknown_never_passes() -> None:
    assert outcomes(unknown())["error"] == 2  # the run's doubt and the missing evidence


def test_not_looked_at_is_skipped() -> None:
    assert outcomes(black_box())["skipped"] == 4


def test_a_column_that_is_unknown_without_a_reason_still_does_not_pass() -> None:
    report = valid()
    odd = replace(report, columns=(replace(report.columns[0], verdict=Verdict.UNKNOWN),))
    assert outcomes(odd)["error"] == 1


def test_counts_are_those_of_the_cases() -> None:
    for suite in parsed(unknown()):
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("errors") == str(len(suite.findall("testcase/error")))


def test_a_suite_per_column() -> None:
    assert [suite.get("name") for suite in parsed(invalid())] == ["run", "thread-gthread", "process-sync"]
