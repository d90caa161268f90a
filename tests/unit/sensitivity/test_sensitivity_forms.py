"""The matrix in every form: the same words, and nothing that a target could have said as code."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness.commands.sensitivity.asking import Asked, all_faults, choose, make_tasks
from harness.commands.sensitivity.cell import Task, enough, unreached
from harness.commands.sensitivity.execute import tell
from harness.history.facts import ColumnFacts
from harness.history.measures import Measures, ScenarioMeasures
from harness.options.table import UsageError
from harness.report.data import ColumnReport
from harness.report.sensitivity.as_json import render_json
from harness.report.sensitivity.markdown import render_markdown
from harness.report.sensitivity.page import render_page
from harness.report.sensitivity.rows import About, table_of
from harness.report.sensitivity.text import render_text
from harness.sensitivity.expectation import COLUMNS, Expectation, these
from harness.sensitivity.matrix import fill_matrix
from harness.sensitivity.outcome import Outcome
from harness.target import describe_faults, known_faults
from harness.verdict import Result, Verdict
from harness.workload.mix import whole_mix

MUST = Expectation("leak", ("pool", "greenlet"), must=these("I1"))
QUIET = Expectation("leak", ("process",))
OUTCOMES = (
    Outcome(Expectation("", ("pool",)), "pool", 7, 500),
    Outcome(MUST, "pool", 7, 500, frozenset({"I1"}), 1234, status_failed=0, user_failed=5, user_first=99),
    Outcome(MUST, "greenlet", 7, 500),
    Outcome(QUIET, "process", 7, 500),
)
ABOUT = {"leak": About("leak", "FC1", "an|issue <b>#1</b>", "It leaks.")}
MATRIX = fill_matrix(OUTCOMES)
TABLE = table_of(MATRIX, ABOUT)


def test_text() -> None:
    lines = render_text(TABLE, ["it differs"]).splitlines()
    assert lines[0].split() == [
        *("fault", "class", "pool", "greenlet", "process", "status", "only", "own", "user", "crosstalk"),
    ]
    assert lines[1].split() == ["(no", "fault)", "silent", "not", "run", "not", "run", "-", "-", "-"]
    assert lines[2].split() == [
        *("leak", "FC1", "found", "1234", "MISSED", "silent"),
        *("0", "of", "2", "1", "of", "2", "1", "of", "2"),
    ]
    assert (
        "Of 1 fault, a check of the status alone finds 0, one that also looks whether the user is its own "
        "finds 1, crosstalk finds 1." in lines
    )
    assert "3 of 4 cells are as they must be." in lines
    assert lines[-1] == "it differs"


def test_json() -> None:
    value = json.loads(render_json(MATRIX, TABLE, ["it differs"], 1))
    assert (value["exit_code"], value["differences"]) == (1, ["it differs"])
    leak = value["rows"][1]
    assert (leak["fault"], leak["class"]) == ("leak", "FC1")
    assert leak["cells"]["greenlet"]["word"] == "missed"
    assert leak["cells"]["pool"]["must"] == ["I1"]
    assert leak["cells"]["pool"]["outcomes"][0]["user_first"] == 99


def test_the_page_needs_nothing_and_runs_nothing() -> None:
    page = render_page(TABLE, ["<script>alert(1)</script>"], 1)
    assert "<script" not in page
    assert "an|issue &lt;b&gt;#1&lt;/b&gt;" in page
    assert "\u2717 MISSED" in page
    assert "\u2713 found 1234" in page
    assert "None: every cell is as it must be" not in page
    assert "None: every cell is as it must be" in render_page(TABLE, [], 0)


def test_markdown_has_a_table_for_each_class() -> None:
    text = render_markdown(TABLE, lambda fault: "I1" if fault else "nothing")
    assert "| `leak` | an\\|issue \\<b\\>#1\\</b\\> | I1 |" in text
    assert text.count("\n| --- |") == 2


def test_a_cell_that_has_to_be_found_goes_on_until_all_of_it_is() -> None:
    both = Expectation("leak", ("pool",), must=these("I1", "I10"))
    nothing, found = (Result("I1", "", verdict) for verdict in (Verdict.VALID, Verdict.INVALID))
    assert not enough(both, [nothing])
    assert enough(both, [found])  # what I10 counts is known at the end


def test_a_silent_cell_goes_on_until_silence_is_proof() -> None:
    doubtful, lost = (Result(law, "", Verdict.UNKNOWN) for law in ("EVIDENCE", "ACCOUNTING"))
    assert not enough(QUIET, [doubtful])
    assert enough(QUIET, [lost, Result("I1", "", Verdict.VALID)])  # its journals are open still


def test_a_silent_cell_goes_on_until_every_scenario_was_answered() -> None:
    def measures(*names: str) -> ColumnReport:
        done = tuple(ScenarioMeasures(name, 1, 0, 0, 0, 0, 0, 0) for name in names)
        return ColumnReport(
            "", {}, ColumnFacts("", "", True, ()), Verdict.VALID, (), Measures(1, 1, 0, 0, 0, 0, done)
        )

    task = Task(replace(QUIET, scenarios=("job",)), "process", 7, 500, "x")
    everything = (*whole_mix("process"), "job")
    assert unreached(task, measures(*everything)) == ()
    assert unreached(task, measures(*everything[1:-1])) == (everything[0], "job")


def test_what_is_not_right_is_told_with_where_its_evidence_lies() -> None:
    missed = replace(OUTCOMES[2], evidence="out/runs/x")
    assert tell(missed) == (
        "fault leak must raise I1 in column greenlet with seed 7, and did not",
        "  its evidence: crosstalk check out/runs/x",
    )
    failed = replace(OUTCOMES[3], problems=("the target could not start",))
    assert tell(failed) == ("fault leak in column process with seed 7: the target could not start",)
    assert tell(OUTCOMES[3]) == ()


def test_a_flaw_of_a_witness_is_a_difference() -> None:
    (told,) = tell(replace(OUTCOMES[1], flaws=("I1 foreign-g: its witness is empty",)))
    assert "its witness is empty" in told


def test_by_default_every_fault_in_every_column_and_the_target_without_any() -> None:
    keys = choose(Asked())
    assert keys == [(fault, column) for fault in all_faults() for column in COLUMNS]
    assert {fault for fault, _ in keys} == {"", *known_faults()}
    assert set(describe_faults()) == set(known_faults())


def test_some_faults_in_some_columns_with_some_seeds() -> None:
    asked = Asked(faults="vary_dropped, sid_reuse", columns="process")
    keys = choose(asked)
    assert keys == [("vary_dropped", "process"), ("sid_reuse", "process")]
    tasks = make_tasks(keys, (7, 8), asked, "x")
    assert [(task.expected.fault, task.seed) for task in tasks] == [
        *(("vary_dropped", 7), ("sid_reuse", 7)),
        *(("vary_dropped", 8), ("sid_reuse", 8)),
    ]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Asked(faults="no_such"), "--faults: there is no 'no_such'; choose from"),
        (Asked(columns="waitress"), "--columns: there is no 'waitress'; choose from"),
        (Asked(format="pdf"), "--format: there is no 'pdf'; choose from text"),
        (Asked(first=True, update_golden=True), "--first cuts them short"),
    ],
)
def test_what_is_not_there_is_refused_in_a_line(asked: Asked, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        choose(asked)


def test_a_fault_that_nothing_is_expected_of_is_refused() -> None:
    with pytest.raises(UsageError, match="add a row to EXPECTATIONS"):
        make_tasks([("no_such", "pool")], (7,), Asked(), "x")
