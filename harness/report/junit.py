"""The report as JUnit XML: a suite per column, a case per invariant, for CI that reads nothing else.

violated -> failure, unknown -> error (it must not pass), not looked at -> skipped.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.inert import inert_line
from harness.verdict import Result, Verdict

from .data import ColumnReport, RunReport
from .doubts import column_doubts
from .figures import plural
from .matrix import State, state_of

#: The case that carries what no single invariant can: the run's and the column's own doubts.
RECORDING = "recording"


def render_junit(report: RunReport) -> str:
    """Return the report as XML text."""
    suites = Element("testsuites", name=inert_line(f"crosstalk {report.run}"))
    run = Element("testsuite", name="run")
    _case(run, "run", RECORDING, list(report.doubts))
    suites.append(_counted(run))
    for column in report.columns:
        suites.append(_counted(_suite(column)))
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _suite(column: ColumnReport) -> Element:
    suite = Element("testsuite", name=inert_line(column.name), time=f"{column.measures.duration_s:.3f}")
    said = {f"{result.invariant}: {doubt}" for result in column.results for doubt in result.doubts}
    doubts = [doubt for doubt in column_doubts(column) if doubt not in said]
    if column.verdict is not Verdict.VALID and not doubts and _nothing_says_why(column):
        doubts = [f"the column is {column.verdict.word}, and no invariant says why"]
    _case(suite, column.name, RECORDING, doubts)
    for result in column.results:
        _result(suite, column.name, result)
    return suite


def _nothing_says_why(column: ColumnReport) -> bool:
    return all(state_of(result) in (State.OK, State.NOT_LOOKED_AT) for result in column.results)


def _result(suite: Element, column: str, result: Result) -> None:
    state = state_of(result)
    case = _case(suite, column, f"{result.invariant} {result.title}", [])
    if state is State.VIOLATED:
        kinds = sorted({violation.anomaly for violation in result.violations})
        _child(
            case,
            "failure",
            ", ".join(kinds) or result.invariant,
            plural(result.count, "violation"),
            [violation.explanation for violation in result.violations],
        )
    elif state is State.UNKNOWN:
        _child(case, "error", "unknown", "unknown", list(result.doubts))
    elif state is State.NOT_LOOKED_AT:
        case.append(Element("skipped", message="not looked at"))


def _case(suite: Element, column: str, name: str, doubts: list[str]) -> Element:
    case = SubElement(suite, "testcase", classname=inert_line(f"crosstalk.{column}"), name=inert_line(name))
    if doubts:
        _child(case, "error", "unknown", plural(len(doubts), "doubt"), doubts)
    return case


def _child(case: Element, tag: str, kind: str, message: str, lines: list[str]) -> None:
    child = SubElement(case, tag, type=inert_line(kind), message=inert_line(message))
    child.text = "\n".join(inert_line(line) for line in lines)


def _counted(suite: Element) -> Element:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for tag, plural_tag in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(plural_tag, str(len(suite.findall(f"testcase/{tag}"))))
    return suite
