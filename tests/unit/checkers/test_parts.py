"""The small parts: tables that are filled at import, sentences, shapes."""

from __future__ import annotations

from unittest.mock import MagicMock

import numpy as np
import pytest

from harness.checkers.assembly import Groups
from harness.checkers.automaton import APP, REQUEST, REQUEST_AFTER_ERROR, _with_teardown, following
from harness.checkers.checkpoints import KINDS, POINTS, code_of, codes, label, table_of
from harness.checkers.fields import SAYINGS, Saying, _carried, _counted, _spell
from harness.checkers.sentences import capital, join_and, moment, name_few, name_with_owner, plural
from harness.checkers.shapes import Alphabet, Shaped, ShapeRow, Shapes
from harness.checkers.status import _legal_statuses
from harness.history.layout import Callback, Field, Kind, Look
from harness.history.scenarios import LEGAL, Legal, Scenario
from harness.history.steps import Step
from tests.unit.checkers.notation import judge_story, operation, tell


def test_a_code_is_one_number_for_each_kind_and_point() -> None:
    assert code_of(Kind.EXIT) == Kind.EXIT * POINTS
    assert code_of(Kind.LOOK, Look.STREAM_CHUNK) == Kind.LOOK * POINTS + Look.STREAM_CHUNK
    kind, point = np.array([Kind.STEP, Kind.EXIT], np.uint8), np.array([Step.VIEW, 0], np.uint8)
    assert codes(kind, point).tolist() == [code_of(Kind.STEP, Step.VIEW), code_of(Kind.EXIT)]


def test_a_table_is_true_at_its_codes_only() -> None:
    table = table_of([3, code_of(Kind.EXIT)])
    assert table.shape == (KINDS * POINTS,)
    assert table.dtype == np.bool_
    assert np.flatnonzero(table).tolist() == [3, code_of(Kind.EXIT)]


@pytest.mark.parametrize(
    ("kind", "point", "name"),
    [
        (Kind.STEP, Step.VIEW, "view"),
        (Kind.TEARDOWN, Callback.REQUEST_TEARING_DOWN, "request_tearing_down"),
        (Kind.LOOK, Look.VIEW_AFTER_YIELD, "view_after_yield"),
        (Kind.ENTER, 7, "enter"),
        (Kind.LOOK, 99, "an unknown checkpoint (25, 99)"),
        (30, 0, "an unknown checkpoint (30, 0)"),
    ],
)
def test_label(kind: int, point: int, name: str) -> None:
    assert label(kind, point) == name


def test_sentences() -> None:
    assert [capital(text) for text in ("an x", "g is", "", "G")] == ["An x", "g is", "", "G"]
    assert [moment(detail) for detail in (0, 1, 2, 3)] == [
        "before the yield",
        "after the yield",
        "as it left",
        "",
    ]
    assert [join_and(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert join_and(["a", "b", "c"], "or") == "a, b or c"
    spelled = ["0 gaps", "1 gap", "2 gaps", "1,234 gaps"]
    assert [plural(number, "gap") for number in (0, 1, 2, 1234)] == spelled


def test_a_few_are_named_and_the_others_counted() -> None:
    few = [operation(1), operation(2)]
    assert name_few(few, 2) == "operation w0.c1#1 and operation w0.c2#1"
    assert name_few(few, 1236) == "operation w0.c1#1, operation w0.c2#1 and 1,234 more"
    assert name_with_owner(operation(1), None) == "operation w0.c1#1"


def test_a_saying_names_what_came_and_what_was_due() -> None:
    said = _carried("its path")
    found = {"op": "A", "value": "B", "expected": "C", "when": " then"}
    assert said.foreign.format(**found) == "A found B in its path then, where C was due."
    assert said.lost.format(**found) == "A found nothing in its path then, where C was due."
    assert not said.numbers
    assert "then" not in _carried("its path", when="").foreign.format(**found)
    assert _counted("sentence") == Saying("sentence", numbers=True)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (0, "nothing"),
        (1, "0.0.0.1"),
        ((127 << 24) + 2, "127.0.0.2"),
        ((1 << 32) - 1, "255.255.255.255"),
        (1 << 32, str(1 << 32)),
    ],
)
def test_an_address_is_spelled_as_one(value: int, spelled: str) -> None:
    assert _spell(Field.REMOTE_ADDR, value) == spelled


def test_numbers_and_canaries_are_spelled_as_what_they_are() -> None:
    assert _spell(Field.SET_COOKIE_COUNT, 2) == "2"
    assert _spell(Field.PATH, operation(1)) == "operation w0.c1#1"
    assert _spell(Field.PATH, 0) == "nothing"
    assert SAYINGS[Field.SET_COOKIE_COUNT].numbers


def test_the_legal_statuses_are_those_of_the_table() -> None:
    table = _legal_statuses()
    assert table.dtype == np.bool_
    assert table.shape[0] == 256
    for scenario, legal in LEGAL.items():
        assert np.flatnonzero(table[scenario]).tolist() == sorted(legal.statuses)
    assert table.sum() == sum(len(legal.statuses) for legal in LEGAL.values())


@pytest.mark.parametrize("status", [0, 100, 199, 201, 204, 302, 404, 500, 999, 1000, 1 << 40])
def test_a_status_that_is_none_of_the_scenarios_is_told(status: int) -> None:
    (violation,) = judge_story("I8", f"1( 1){status}").violations
    assert violation.explanation == (f"Operation w0.c1#1 was answered with status {status}; echo allows 200.")


def test_of_several_legal_statuses_each_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LEGAL, Scenario.ECHO, Legal(statuses=(200, 304)))
    (violation,) = judge_story("I8", "1( 1)500").violations
    assert violation.explanation.endswith("was answered with status 500; echo allows 200 or 304.")


def test_of_a_scenario_that_this_version_does_not_know_no_status_is_legal() -> None:
    story = "1( 1)200"
    result = judge_story("I8", story)
    assert result.violations == ()
    unknown = max(Scenario) + 50
    told = tell(story)
    for rows in told.rows.values():
        for row in rows:
            row["scenario"] = unknown
    (violation,) = judge_story("I8", told).violations
    assert violation.explanation == (
        f"Operation w0.c1#1 was answered with status 200; scenario {unknown} is unknown."
    )


def test_an_alphabet_numbers_its_words_from_one() -> None:
    alphabet = Alphabet((Kind.ENTER, None), (Kind.STEP, Step.VIEW))
    kind = np.array([Kind.ENTER, Kind.ENTER, Kind.STEP, Kind.STEP], np.uint8)
    point = np.array([0, 255, Step.VIEW, Step.BEFORE_REQUEST], np.uint8)
    assert alphabet.encode(kind, point).tolist() == [1, 1, 2, 0]
    rows = [ShapeRow(1, 0, 0), ShapeRow(0, 0, 0), ShapeRow(2, 0, 4)]
    assert list(alphabet.read(rows)) == [
        (0, rows[0], Kind.ENTER, 0),
        (2, rows[2], Kind.STEP, Step.VIEW),
    ]


def shaped(operations: list[list[int]]) -> tuple[Groups, Shaped]:
    """Return groups of records, one for each operation, that are about these activations."""
    activation = np.array([number for one in operations for number in one], np.uint32)
    ends = np.cumsum([len(one) for one in operations])
    code = np.ones(len(activation), np.uint8)
    whole = MagicMock(Groups, starts=np.concatenate([[0], ends[:-1]]), ends=ends)
    return whole, Shaped(code, activation)


@pytest.mark.parametrize("many", [3, 300])
def test_operations_that_did_the_same_have_one_shape_whatever_their_activations(many: int) -> None:
    """A shape is judged once: a history has a few dozen, and millions of operations."""
    asked: list[list[int]] = []
    shapes = Shapes(lambda rows: asked.append([row.activation for row in rows]))
    same = [[0, *range(first, first + many), 0, first] for first in (7, 1 << 20, 1)]
    starts = [start for start, _ in shapes.judge(*shaped(same))]
    assert starts == [0, many + 3, 2 * (many + 3)]
    assert asked == [[0, *range(1, many + 1), 0, 1]]


def test_records_outside_of_a_visit_have_one_shape_too() -> None:
    """Strays are groups whose first record is about an activation: they have no ENTER."""
    asked: list[list[int]] = []
    shapes = Shapes(lambda rows: asked.append([row.activation for row in rows]))
    list(shapes.judge(*shaped([[4, 4], [5, 5], [9, 9]])))
    assert asked == [[1, 1]]


def test_operations_that_did_something_else_have_another() -> None:
    asked: list[list[int]] = []
    shapes = Shapes(lambda rows: asked.append([row.activation for row in rows]))
    list(shapes.judge(*shaped([[0, 4, 4], [0, 4, 5], [0, 5, 4], [0, 6, 6]])))
    assert asked == [[0, 1, 1], [0, 1, 2], [0, 2, 1]]


def test_from_every_step_of_a_request_its_teardown_may_follow() -> None:
    plain = {Step.VIEW: frozenset({Step.MAKE_RESPONSE})}
    table = _with_teardown(plain)
    assert table[Step.VIEW] == {Step.MAKE_RESPONSE, Step.TEARDOWN_REQUEST}
    assert set(table) > set(plain)
    assert Step.REQUEST_CONTEXT_POP in table


def test_what_may_follow_depends_on_what_came_before() -> None:
    assert following(Step.APP_CONTEXT_PUSH) == APP[Step.APP_CONTEXT_PUSH]
    assert following(Step.MAKE_RESPONSE) == REQUEST[Step.MAKE_RESPONSE]
    assert following(Step.MAKE_RESPONSE, failed=True) == REQUEST_AFTER_ERROR[Step.MAKE_RESPONSE]
    first = following(Step.REQUEST_CONTEXT_PUSH)
    assert Step.MATCH_REQUEST not in first
    assert following(Step.REQUEST_CONTEXT_PUSH, again=True) == first | {Step.MATCH_REQUEST}
