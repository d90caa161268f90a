"""A check that finds nothing says what was not asked for; one that finds something, what it found."""

from __future__ import annotations

import pytest

from harness.plugin.asking import Asked
from harness.plugin.telling import tell
from harness.store.survey import Rule, Survey, Variable
from harness.verdict import Result, Verdict
from harness.workload.routes import plan_routes

ONE_ACCOUNT = (
    "all clients are one account, by Authorization with headers=: what its earlier requests sent may come "
    "back to any of them; declare that with shared=, or let each client log in for itself with urls="
)
PLAIN = Rule("/plain", ("GET",), ("/plain",))
RULES = (
    PLAIN,
    *(Rule(f"/post/{number}", ("POST",), (f"/post/{number}",)) for number in range(5)),
    Rule("/kind/<any(red,blue):k>", ("GET",), ("/kind/", ""), (Variable("k", "", "red"),)),
    Rule("/logout", ("GET",), ("/logout",)),
)


def said(verdict: Verdict, rules: tuple[Rule, ...] = RULES, shared: tuple[str, ...] = ()) -> list[str]:
    asked = Asked(exclude=("/logout",) if rules is RULES else (), shared=shared)
    plan = plan_routes(Survey("flask", rules), asked.methods, asked.exclude)
    return tell(asked, plan, [Result("B1", "", verdict)]).text.splitlines()[1:]


@pytest.mark.parametrize("verdict", [Verdict.VALID, Verdict.UNKNOWN])
def test_what_was_not_asked_for_is_told_once_for_each_reason(verdict: Verdict) -> None:
    assert said(verdict, shared=("message", "/board")) == [
        "not asked for:",
        "  /post/0, /post/1, /post/2 and 2 more: POST not asked for: name them with methods=",
        "  /logout: left out with exclude=",
        "  GET /kind/<any(red,blue):k>: k carries no canary",
        "declared as shared, and not judged: message, /board",
    ]


def test_where_all_was_asked_for_nothing_is_told() -> None:
    assert said(Verdict.VALID, (PLAIN,)) == []


def test_a_violation_is_told_alone() -> None:
    assert said(Verdict.INVALID, shared=("message",)) == []


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize(("header", "lines"), [("Authorization", ["", ONE_ACCOUNT]), ("Host", [])])
def test_headers_that_identify_a_user_are_told_of(verdict: Verdict, header: str, lines: list[str]) -> None:
    asked = Asked(headers=((header, "x.y"),))
    plan = plan_routes(Survey("flask", (PLAIN,)), asked.methods, ())
    assert tell(asked, plan, [Result("B1", "", verdict)]).text.splitlines()[1:] == lines
