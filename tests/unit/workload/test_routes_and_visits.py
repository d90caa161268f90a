"""What is asked of a user's own application, and that nothing is left out in silence."""

from __future__ import annotations

from itertools import islice

import pytest

from harness.blackbox.searching import find_canaries
from harness.history.canary import CanaryKind, split_canary
from harness.store.survey import Rule, Skipped, Survey, Variable
from harness.workload.operation import Operation
from harness.workload.routes import RequestsError, UnmatchedError, plan_routes, read_requests
from harness.workload.visits import Visits

USER = Rule("/user/<int:id>", ("GET", "HEAD", "POST"), ("/user/", ""), (Variable("id", "int", "1"),))
KIND = Rule("/kind/<any(red,blue):k>", ("GET",), ("/kind/", ""), (Variable("k", "", "red"),))
LOGOUT = Rule("/logout", ("GET",), ("/logout",))
SURVEY = Survey("flask", (USER, KIND, LOGOUT), (Skipped("/ws", "a WebSocket"),))


def asked(survey: Survey, methods: tuple[str, ...], count: int) -> list[Operation]:
    visits = Visits(7, 0, 3, plan_routes(survey, methods, ()))
    return [item.operations[0] for item in islice(visits, count)]


def test_only_what_is_asked_for_is_planned_and_the_rest_is_listed() -> None:
    plan = plan_routes(SURVEY, ("GET",), ("/logout",))
    assert [route.label for route in plan.routes] == ["GET /user/<int:id>", "GET /kind/<any(red,blue):k>"]
    assert plan.skipped == (
        Skipped("/ws", "a WebSocket"),
        Skipped("/user/<int:id>", "HEAD, POST not asked for: name them with --methods"),
        Skipped("/logout", "left out with --exclude"),
    )


@pytest.mark.parametrize("pattern", ["/logout", "/ws", "/user/*", "/lo*"])
def test_a_pattern_may_fit_what_would_not_be_asked_for_anyway(pattern: str) -> None:
    assert plan_routes(SURVEY, ("GET",), (pattern,)).routes


@pytest.mark.parametrize("pattern", ["/log-out", "/nothere/*", "logout"])
def test_a_pattern_that_leaves_nothing_out_is_refused(pattern: str) -> None:
    with pytest.raises(UnmatchedError) as caught:
        plan_routes(SURVEY, ("GET",), ("/logout", pattern))
    rules = "/user/<int:id>, /kind/<any(red,blue):k>, /logout, /ws"
    assert str(caught.value) == f"{pattern!r} fits no rule of the app's, which are {rules}"
    with pytest.raises(UnmatchedError, match=r"which are /a$"):
        read_requests("/a?b={canary}", (pattern,))
    many = Survey("", tuple(Rule(f"/{number}", ("GET",), (f"/{number}",)) for number in range(9)))
    with pytest.raises(UnmatchedError, match=r"which are /0, /1, /2, /3, /4, /5 and 3 more$"):
        plan_routes(many, ("GET",), (pattern,))


@pytest.mark.parametrize(("variables", "routes"), [(27, 1), (28, 0)])
def test_a_rule_with_more_variables_than_canaries_is_listed(variables: int, routes: int) -> None:
    made = tuple(Variable(f"v{number}", "int", "1") for number in range(variables))
    rule = Rule("/long", ("GET",), ("/", *["/"] * variables), made)
    plan = plan_routes(Survey("", (rule,)), ("GET",), ())
    assert len(plan.routes) == routes
    assert plan.skipped == (() if routes else (Skipped("/long", "it has more than 27 variables"),))


def test_a_method_with_a_body_is_asked_with_a_form_and_with_json() -> None:
    plan = plan_routes(Survey("", (USER,)), ("POST",), ())
    assert [route.label for route in plan.routes] == [
        "POST /user/<int:id> (form)",
        "POST /user/<int:id> (json)",
    ]


def test_each_field_carries_a_canary_that_names_the_operation() -> None:
    for operation in asked(Survey("", (USER,)), ("GET", "POST"), 60):
        sent = f"{operation.path} {operation.body.decode()} {operation.cookies}".encode()
        found = find_canaries(sent)
        assert found
        numbers = {split_canary(canary).number >> 5 for canary in found}
        assert numbers == {split_canary(operation.canary).number}
        assert {split_canary(canary).kind for canary in found} == {CanaryKind.VALUE}


def test_a_field_without_a_canary_holds_what_is_legal_there() -> None:
    paths = {operation.path.partition("?")[0] for operation in asked(Survey("", (KIND,)), ("GET",), 20)}
    assert paths == {"/kind/red"}


def test_every_route_is_asked_for_before_any_is_again() -> None:
    operations = asked(SURVEY, ("GET", "HEAD", "POST"), 6)
    assert len({operation.route for operation in operations}) == 6


def test_some_visits_are_made_without_cookies_but_none_of_the_first() -> None:
    operations = asked(SURVEY, ("GET",), 203)
    sent = [operation.sends_session for operation in operations]
    assert all(sent[:3])
    assert 5 < sent.count(False) < 60


def test_the_same_seed_and_client_ask_the_same() -> None:
    assert asked(SURVEY, ("GET",), 50) == asked(SURVEY, ("GET",), 50)


FILE = """
# a login comes first
POST /login form user={canary}&password=secret
GET /search?q={canary}&page=1
/item/{id:int}
POST /api json {"title": "{canary}", "size": {canary:int}}
"""


def test_a_file_is_read_and_its_order_kept() -> None:
    plan = read_requests(FILE)
    assert [route.label for route in plan.routes] == [
        "POST /login (form)",
        "GET /search",
        "GET /item/{id:int}",
        "POST /api (json)",
    ]
    fields = [[(field.place, field.name, field.kind) for field in route.fields] for route in plan.routes]
    assert fields == [
        [("form", "user", "text")],
        [("query", "q", "text")],
        [("path", "id", "int")],
        [("json", "title", "text"), ("json", "size", "int")],
    ]
    first = [item.operations[0].route for item in islice(Visits(1, 0, 0, plan), 4)]
    assert first == [0, 1, 2, 3]


def test_what_a_file_names_is_sent() -> None:
    plan = read_requests(FILE)
    operations = [item.operations[0] for item in islice(Visits(1, 0, 0, plan), 4)]
    assert operations[0].body.startswith(b"user=3000000000000")
    assert operations[0].body.endswith(b"&password=secret")
    assert operations[1].path.endswith("&page=1")
    assert operations[2].path.removeprefix("/item/").isdecimal()


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("GET /straße/{canary}?q[]=ä", ("/stra%C3%9Fe/", "?q%5B%5D=%C3%A4")),
        ("GET /a%20b/{canary}?x=1&y=%C3%A4", ("/a%20b/", "?x=1&y=%C3%A4")),  # quoted already
    ],
)
def test_what_a_file_s_line_holds_is_quoted_once(line: str, sent: tuple[str, ...]) -> None:
    (route,) = read_requests(line).routes
    assert route.path == sent
    assert route.rule == line.removeprefix("GET ").partition("?")[0]


WRONG = {
    "": "names nothing",
    "# only a comment": "names nothing",
    "FETCH /x": "line 1 is no request",
    "GET x": "line 1 is no request",
    "POST /x xml <a/>": "line 1 is no request",
    "GET /x?q={canary:colour}": "there is no type 'colour'",
    "GET /" + "{canary}" * 40: "is the most",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_file_that_can_t_be_read_names_the_line(text: str) -> None:
    with pytest.raises(RequestsError, match=WRONG[text]):
        read_requests(text)
