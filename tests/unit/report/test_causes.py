"""Violations are grouped by what went wrong, and the one that explains most is shown first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.checkers.table import ALL_CHECKERS
from harness.report import cards
from harness.report.cards import make_cards
from harness.report.causes import CAUSES, group_violations, pick, shown_operations
from harness.report.page import render_page
from harness.verdict import Result, Verdict, Violation
from tests.golden.report.samples import (
    FOREIGN_REQUEST,
    FOREIGN_SESSION,
    OURS,
    THEIRS,
    column,
    invalid,
    results,
    run,
    valid,
)


def test_laws_that_one_defect_breaks_are_one_group() -> None:
    crossed, teardown = group_violations(invalid())
    assert (crossed.cause.key, crossed.count) == ("crossed", 33)
    assert [kind.anomaly for kind in crossed.kinds] == ["foreign-request", "foreign-session"]
    assert crossed.columns == (("thread-gthread", 33), ("process-sync", 0))
    assert (teardown.cause.key, teardown.count) == ("teardown", 1)


def test_nothing_wrong_is_no_group() -> None:
    assert group_violations(valid()) == ()


def test_no_law_belongs_to_two_causes() -> None:
    named = [invariant for cause in CAUSES for invariant in cause.invariants]
    assert len(named) == len(set(named))


def test_every_law_that_can_be_broken_has_a_cause() -> None:
    named = {invariant for cause in CAUSES for invariant in cause.invariants}
    assert {checker.law.id for checker in ALL_CHECKERS} - named == {"ACCOUNTING", "EVIDENCE", "ROUTES"}


def test_a_law_that_no_cause_names_has_a_group_of_its_own() -> None:
    odd = Violation("I77", "odd", "Something odd.", (), (OURS,))
    result = Result("I77", "nothing is odd", Verdict.INVALID, True, 1, (odd,), {"odd": 1})
    report = run("odd", column("thread", "gthread", (*results(), result)))
    (group,) = group_violations(report)
    assert group.cause.title == "I77: nothing is odd, and it was not so"


def test_a_witness_that_names_an_owner_and_comes_from_inside_is_the_strongest() -> None:
    alone = replace(FOREIGN_REQUEST, operations=(OURS,))
    outside = replace(FOREIGN_SESSION, anomaly="foreign-request", operations=(OURS, THEIRS))
    assert pick([alone, outside, FOREIGN_REQUEST]) == {"foreign-request": FOREIGN_REQUEST}
    assert pick([alone, outside]) == {"foreign-request": outside}


def test_the_operations_shown_are_those_of_the_strongest_only() -> None:
    assert shown_operations(invalid().columns[0].results) == {OURS, THEIRS}
    assert shown_operations(valid().columns[0].results) == set()


def test_a_card_says_where_it_shows_and_what_that_suggests() -> None:
    crossed = make_cards(invalid())[0]
    assert crossed.contrast == (
        "It shows in thread-gthread, not in process-sync: what is shared lies in the memory of one process."
    )
    assert crossed.command.endswith("--worker-model thread --server gthread --seed 7")


def test_a_violation_in_every_column_suggests_nothing() -> None:
    broken = {"I1": (1, (FOREIGN_REQUEST,))}
    columns = [column(*name, results(broken=broken)) for name in (("thread", "gthread"), ("process", "sync"))]
    assert make_cards(run("all", *columns))[0].contrast == (
        "It shows in thread-gthread and process-sync: in every column that was looked at."
    )


@pytest.mark.parametrize(
    ("servers", "suggested"),
    [
        ((("thread", "gthread"), ("greenlet", "gevent")), "what outlives a request on its connection"),
        ((("thread", "gthread"),), "what outlives a request on its connection"),
        ((("thread", "gthread"), ("thread", "werkzeug")), "lies in the memory of one process"),
    ],
)
def test_what_shows_on_kept_connections_only_suggests_them(
    servers: tuple[tuple[str, str], ...], suggested: str
) -> None:
    names = (*servers, ("thread", "werkzeug"), ("process", "sync"))
    broken = {"I1": (1, (FOREIGN_REQUEST,))}
    columns = [
        column(*name, results(broken=broken) if name in servers else results())
        for name in dict.fromkeys(names)
    ]
    assert suggested in make_cards(run("some", *columns))[0].contrast


def test_kinds_beyond_the_page_s_room_are_counted_and_have_no_witness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cards, "WITNESSES_MAX", 2)
    crossed, teardown = make_cards(invalid())
    assert (crossed.others, teardown.others) == ((), ())
    assert [(kind.anomaly, anchor) for kind, anchor in crossed.anchors] == [
        ("foreign-request", "cause-crossed-1"),
        ("foreign-session", "cause-crossed"),
    ]
    page = render_page(invalid())
    assert "foreign-session" in page
    assert 'id="cause-crossed-2"' not in page
