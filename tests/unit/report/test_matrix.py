from __future__ import annotations

from dataclasses import replace

import pytest

from harness.report.matrix import State, make_matrix, matrix_text, state_of
from harness.verdict import Result, Verdict
from tests.golden.report.samples import invalid, valid

STATES = [
    (Verdict.VALID, True, State.OK),
    (Verdict.VALID, False, State.NOT_LOOKED_AT),
    (Verdict.UNKNOWN, False, State.NOT_LOOKED_AT),
    (Verdict.UNKNOWN, True, State.UNKNOWN),
    (Verdict.INVALID, True, State.VIOLATED),
    (Verdict.INVALID, False, State.VIOLATED),  # a recorded violation is never hidden
]


@pytest.mark.parametrize(("verdict", "looked", "state"), STATES)
def test_each_result_has_one_word(verdict: Verdict, looked: bool, state: State) -> None:
    assert state_of(Result("I1", "a law", verdict, looked)) is state


def test_a_column_without_a_result_is_not_looked_at() -> None:
    report = invalid()
    short = replace(report.columns[1], results=report.columns[1].results[1:])
    row = make_matrix(replace(report, columns=(report.columns[0], short))).rows[0]
    assert [cell.state for cell in row.cells] == [State.OK, State.NOT_LOOKED_AT]


def test_a_doubt_outranks_agreement_when_a_checker_speaks_twice() -> None:
    column = valid().columns[0]
    spoken = (
        Result("I1", "a law", Verdict.VALID),
        Result("I1", "a law", Verdict.UNKNOWN, doubts=("it crashed",)),
    )
    matrix = make_matrix(replace(valid(), columns=(replace(column, results=spoken),)))
    assert matrix.rows[0].cells[0].state is State.UNKNOWN


def test_text_is_a_table_where_it_fits_and_blocks_where_not() -> None:
    matrix = make_matrix(invalid())
    wide = matrix_text(matrix, 140)
    assert "thread-gthread  process-sync" in wide[0]
    assert len(wide) == len(matrix.rows) + 1
    wrapped = matrix_text(matrix, 90)
    assert wrapped[0] == wide[0]
    assert len(wrapped) > len(wide)
    narrow = matrix_text(matrix, 70)
    assert narrow[0] == "thread-gthread:"
    for width, lines in ((140, wide), (90, wrapped), (70, narrow)):
        assert max(map(len, lines)) <= width
        assert any("violated (31)" in line for line in lines)


def test_no_column_is_no_row() -> None:
    assert make_matrix(replace(valid(), columns=())).rows == ()
