"""The golden copy says what is stable, and a new matrix that differs from it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.commands.sensitivity.golden_files import DOCS, GOLDEN, make_docs, read_golden
from harness.records import RecordError
from harness.report.sensitivity.markdown import BEGIN, END, put_between
from harness.sensitivity.expectation import COLUMNS, Expectation, these
from harness.sensitivity.expectations import EXPECTATIONS, find_expectation
from harness.sensitivity.golden import GoldenCell, differing, from_text, renew, seen_of, to_text
from harness.sensitivity.matrix import Cell, fill_matrix
from harness.sensitivity.outcome import Outcome

MUST = Expectation("leak", ("pool",), must=these("I1"))
QUIET = Expectation("leak", ("process",))
FOUND = Outcome(MUST, "pool", 7, 500, frozenset({"I1"}), 12, status_failed=9, user_failed=40)
SILENT = Outcome(QUIET, "process", 7, 500)
COPY = {"leak": {"pool": GoldenCell("found", "found", "found")}}


def cell(*outcomes: Outcome) -> Cell:
    return Cell(outcomes)


@pytest.mark.parametrize(
    ("failed", "seen"),
    [
        ((0, 0), "silent"),
        ((9, 40), "found"),
        ((0, 40), "sometimes"),
        ((1, 2), "sometimes"),
        ((3, 3), "found"),
    ],
)
def test_a_naive_check_has_found_it_if_several_operations_of_each_seed_fail(
    failed: tuple[int, ...], seen: str
) -> None:
    one = seen_of(cell(*(replace(FOUND, status_failed=number) for number in failed)))
    assert one is not None
    assert (one.status, one.crosstalk) == (seen, "found")


def test_a_cell_that_is_not_right_has_no_place_in_the_copy() -> None:
    missed = cell(replace(FOUND, found=frozenset()))
    assert seen_of(missed) is None
    assert list(differing(COPY, "leak", "pool", missed)) == []
    assert renew(COPY, fill_matrix(missed.outcomes), frozenset({"leak"})) == COPY


def test_found_against_silent_is_a_difference_and_sometimes_is_none() -> None:
    assert list(differing(COPY, "leak", "pool", cell(FOUND))) == []
    nothing = cell(replace(FOUND, status_failed=0))
    (told,) = differing(COPY, "leak", "pool", nothing)
    assert told == (
        "fault leak in column pool: the status-only check is silent, and found in the golden copy"
    )
    for number in (1, 2):
        assert list(differing(COPY, "leak", "pool", cell(replace(FOUND, status_failed=number)))) == []
    again = cell(replace(FOUND, status_failed=0), FOUND)
    assert list(differing(COPY, "leak", "pool", again)) == []


def test_what_crosstalk_finds_is_compared_too() -> None:
    copy = {"leak": {"process": GoldenCell("silent", "silent", "found")}}
    (told,) = differing(copy, "leak", "process", cell(SILENT))
    assert "crosstalk is silent, and found in the golden copy" in told


def test_a_cell_that_the_copy_does_not_have_is_told() -> None:
    (told,) = differing({}, "leak", "pool", cell(FOUND))
    assert "renew it with --update-golden" in told


def test_what_may_be_raised_is_neither_found_nor_silent() -> None:
    row = Expectation("leak", ("pool",), may=these("I1"))
    for found in ((), ("I1",)):
        one = seen_of(cell(Outcome(row, "pool", 7, 500, frozenset(found))))
        assert one is not None
        assert one.crosstalk == "sometimes"


def test_renewing_keeps_what_was_not_run_and_drops_what_is_no_more() -> None:
    old = {"leak": {"process": GoldenCell("silent", "silent", "silent")}, "gone": COPY["leak"]}
    new = renew(old, fill_matrix([FOUND]), frozenset({"leak"}))
    assert new == {"leak": {**old["leak"], **COPY["leak"]}}


def test_the_copy_is_read_as_it_was_written() -> None:
    copy = {"": {"pool": GoldenCell("silent", "silent", "silent")}, **COPY}
    assert from_text(to_text(copy, ("", "leak")), "matrix.json") == copy


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 9, "faults": {}}',
        '{"format": 1, "faults": []}',
        '{"format": 1, "faults": {"leak": 5}}',
        '{"format": 1, "faults": {"leak": {"pool": {"status": "found"}}}}',
        '{"format": 1, "faults": {"leak": {"pool": {"status": "no", "user": "no", "crosstalk": "no"}}}}',
    ],
)
def test_a_file_that_is_no_copy_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match=r"matrix\.json"):
        from_text(text, "matrix.json")


def test_what_is_generated_goes_between_its_lines_and_again() -> None:
    page = put_between(f"above\n{BEGIN}\nold\n{END}\nbelow\n", "new\n")
    assert page == f"above\n{BEGIN}\n\nnew\n\n{END}\nbelow\n"
    assert put_between(page, "new\n") == page
    with pytest.raises(ValueError, match="to write between"):
        put_between("a page without them", "new\n")


def test_the_projects_own_copy_has_every_cell_and_says_what_is_expected() -> None:
    golden = read_golden(GOLDEN)
    faults = {row.fault for row in EXPECTATIONS}
    assert set(golden) == faults
    for fault in faults:
        assert set(golden[fault]) == set(COLUMNS)
        for column, one in golden[fault].items():
            row = find_expectation(fault, column)
            due = "found" if row.must else "sometimes" if row.may else "silent"
            assert (fault, column, one.crosstalk) == (fault, column, due)


def test_the_documentation_is_made_of_the_copy() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert make_docs(page, read_golden(GOLDEN)) == page, "renew it: crosstalk sensitivity --update-golden"
