"""From a reply to observations: the right reply is silent, each tampered twin rings its own bell."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.history.canary import CanaryKind, make_canary, to_text
from harness.history.layout import OF_APPS, Field
from harness.history.scenarios import LEGAL, Scenario
from harness.load.exchange import FAILURES, first_failure
from harness.load.http import Response
from harness.load.model import Held, Sent, Stored
from harness.load.observations import READERS, observe, observe_cached
from harness.workload.operation import Operation, SessionKind

OWN = make_canary(CanaryKind.OPERATION, 0, 1, 5)
FOREIGN = make_canary(CanaryKind.OPERATION, 0, 2, 6)
EARLIER = make_canary(CanaryKind.OPERATION, 0, 1, 4)
SESSION = make_canary(CanaryKind.SESSION, 0, 1, 1)
OTHER_SESSION = make_canary(CanaryKind.SESSION, 0, 2, 1)
VALUE = make_canary(CanaryKind.VALUE, 0, 1, 2)
OLD_VALUE = make_canary(CanaryKind.VALUE, 0, 1, 1)
ADDRESS = 0x7F000003
HELD = Held(SESSION, "cookie", entries=frozenset({EARLIER}))

Headers = dict[str, str]


def operation(scenario: Scenario, **more: Any) -> Operation:
    made = Operation(scenario, OWN, "GET", "/", session=SESSION, sends_session=True)
    return replace(made, **more)


SENT = Sent(ADDRESS, HELD, Stored(VALUE))
LOOK = {
    **dict.fromkeys(("path", "query", "form", "json", "header", "cookie", "g"), to_text(OWN)),
    "remote_addr": "127.0.0.3",
    "session": to_text(SESSION),
}
ECHO = {"before": LOOK, "after": LOOK}
LOG = {
    "query": to_text(OWN),
    "before": to_text(SESSION),
    "after": to_text(SESSION),
    "log": [to_text(EARLIER), to_text(OWN)],
}
NOTHING = to_text(0)
HEADERS = {
    "x-canary-echo": to_text(OWN),
    "x-canary-g": to_text(OWN),
    "x-canary-g-found": NOTHING,
    "vary": "Accept, Cookie",
}
QUERY = {"query": to_text(OWN)}
NESTED = {
    **QUERY,
    "g": to_text(OWN),
    "nested_before": NOTHING,
    "nested_after": NOTHING,
    "outside": to_text(OWN),
}
PAGE = {"session": to_text(SESSION), "made_for": to_text(OWN)}
JOB = {
    **QUERY,
    "found": NOTHING,
    "request": to_text(OWN),
    "g": NOTHING,
    "session": to_text(SESSION),
    "left": NOTHING,
}
ECHO_COOKIE = {"set-cookie": f"canary_echo={to_text(OWN)}; Path=/"}
SESSION_COOKIE = {"set-cookie": "session=abc; HttpOnly; Path=/"}
SID_COOKIE = {"set-cookie": "sid=new; Path=/"}
ALLOW = {"allow": "GET, HEAD, POST, OPTIONS"}
STREAM_LINE = f"{to_text(OWN)}.{to_text(OWN)}.{to_text(SESSION)}\n"
LOGIN = operation(Scenario.LOGIN, sends_session=False)
UNKNOWN_SID = operation(
    Scenario.SESSION_UNKNOWN, store=SessionKind.SERVER, sends_session=False, cookies=(("sid", "made-up"),)
)
FRESH_LOG = {**LOG, "before": NOTHING, "log": []}
ALONE = Sent(ADDRESS)

#: operation, what was known, headers besides the usual, body
RIGHT: dict[str, tuple[Operation, Sent, Headers, object]] = {
    "echo": (operation(Scenario.ECHO), SENT, ECHO_COOKIE, ECHO),
    "echo form": (operation(Scenario.ECHO_FORM), SENT, ECHO_COOKIE, ECHO),
    "echo json": (operation(Scenario.ECHO_JSON), SENT, ECHO_COOKIE, ECHO),
    "login": (LOGIN, ALONE, SESSION_COOKIE, FRESH_LOG),
    "append": (operation(Scenario.SESSION_APPEND, writes=True), SENT, SESSION_COOKIE, LOG),
    "append on the server": (
        operation(Scenario.SESSION_APPEND, writes=True, store=SessionKind.SERVER),
        replace(SENT, beside=frozenset({FOREIGN}), held=replace(HELD, maybe=frozenset({7}))),
        {},
        {**LOG, "log": [to_text(OWN), to_text(FOREIGN), to_text(7), to_text(EARLIER)]},
    ),
    "read": (operation(Scenario.SESSION_READ), SENT, {}, {**LOG, "log": [to_text(EARLIER)]}),
    "unknown sid": (UNKNOWN_SID, ALONE, SID_COOKIE, FRESH_LOG),
    "id": (operation(Scenario.ISSUE_ID), SENT, {}, {**QUERY, "id": "00000000000000ff"}),
    "put": (operation(Scenario.PUT, value=VALUE), SENT, {}, {**QUERY, "value": to_text(VALUE)}),
    "get": (operation(Scenario.GET), SENT, {}, {**QUERY, "value": to_text(VALUE)}),
    "get what may be there": (
        operation(Scenario.GET),
        replace(SENT, stored=Stored(VALUE, frozenset({OLD_VALUE}))),
        {},
        {**QUERY, "value": to_text(OLD_VALUE)},
    ),
    "nested": (operation(Scenario.NESTED_APP_CONTEXT), SENT, {}, NESTED),
    "handled": (operation(Scenario.HANDLED_ERROR), SENT, {}, {**QUERY, "error": to_text(OWN)}),
    "unread": (operation(Scenario.UNREAD_BODY), SENT, {}, QUERY),
    "stream": (operation(Scenario.STREAM, chunks=2), SENT, {}, STREAM_LINE * 2),
    "disconnect": (operation(Scenario.STREAM_DISCONNECT, chunks=9), SENT, {}, STREAM_LINE + "1000"),
    "head": (operation(Scenario.HEAD), SENT, {}, ""),
    "options": (operation(Scenario.OPTIONS), SENT, ALLOW, ""),
    "not allowed": (operation(Scenario.METHOD_NOT_ALLOWED), SENT, ALLOW, "no"),
    "not found": (operation(Scenario.NOT_FOUND), SENT, {}, "no"),
    "abort": (operation(Scenario.ABORT), SENT, {}, "no"),
    "unhandled": (operation(Scenario.UNHANDLED_ERROR), SENT, {}, "no"),
    "backend": (operation(Scenario.BACKEND), SENT, {}, {**QUERY, "backend": to_text(OWN)}),
    "page": (operation(Scenario.SHARED_PAGE), SENT, {}, PAGE),
    "static": (operation(Scenario.STATIC), SENT, {"vary": "Accept"}, "the same for every caller\n"),
    "failing session": (operation(Scenario.SESSION_OPEN_ERROR), SENT, {"x-canary-g": NOTHING}, "no"),
    "job": (operation(Scenario.JOB), SENT, {}, JOB),
}


def respond(scenario: Scenario, headers: Headers, body: object) -> Response:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    pairs = tuple({**HEADERS, **headers}.items())
    return Response(LEGAL[scenario].statuses[0], pairs, data, keeps_alive=True, size=len(data))


def failure(name: str, tamper: Callable[[Response], Response] = lambda response: response) -> str | None:
    asked, sent, headers, body = RIGHT[name]
    return first_failure(observe(asked, sent, tamper(respond(asked.scenario, headers, body))))


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_reply_has_only_right_observations(name: str) -> None:
    assert failure(name) is None


def test_every_scenario_with_a_json_body_is_in_the_table() -> None:
    assert {asked.scenario for asked, *_ in RIGHT.values()} >= set(READERS) - {
        Scenario.COLD_START,
        Scenario.PIPELINED,
        Scenario.SESSION_PARALLEL,
    }


def body_with(path: str, value: object) -> Callable[[Response], Response]:
    def tamper(response: Response) -> Response:
        reply = json.loads(response.body)
        target = reply
        *parents, last = path.split(".")
        for parent in parents:
            target = target[parent]
        target[last] = value
        return replace(response, body=json.dumps(reply).encode())

    return tamper


def header_with(name: str, value: str | None) -> Callable[[Response], Response]:
    def tamper(response: Response) -> Response:
        kept = tuple(pair for pair in response.headers if pair[0] != name)
        return replace(response, headers=kept if value is None else (*kept, (name, value)))

    return tamper


def text_with(old: str, new: str) -> Callable[[Response], Response]:
    return lambda response: replace(response, body=response.body.replace(old.encode(), new.encode(), 1))


THEIRS = to_text(FOREIGN)
#: which right reply, how it is tampered with, the bell that rings
WRONG: list[tuple[str, Callable[[Response], Response], Field]] = [
    ("echo", body_with("before.path", THEIRS), Field.PATH),
    ("echo", body_with("after.path", THEIRS), Field.PATH),
    ("echo", body_with("after.query", THEIRS), Field.QUERY),
    ("echo", body_with("after.header", THEIRS), Field.HEADER),
    ("echo", body_with("after.cookie", None), Field.COOKIE),
    ("echo", body_with("after.g", NOTHING), Field.G),
    ("echo", body_with("after.session", to_text(OTHER_SESSION)), Field.SESSION),
    ("echo", body_with("after.session", None), Field.SESSION),
    ("echo", body_with("after.remote_addr", "127.0.0.4"), Field.REMOTE_ADDR),
    ("echo", body_with("after.remote_addr", None), Field.REMOTE_ADDR),
    ("echo", body_with("after", None), Field.PATH),
    ("echo", body_with("after.path", 5), Field.PATH),
    ("echo form", body_with("after.form", THEIRS), Field.FORM),
    ("echo json", body_with("after.json", None), Field.JSON),
    ("echo", header_with("set-cookie", f"canary_echo={THEIRS}"), Field.RESPONSE_COOKIE),
    ("echo", header_with("set-cookie", None), Field.RESPONSE_COOKIE),
    ("echo", header_with("x-canary-echo", THEIRS), Field.RESPONSE_HEADER),
    ("echo", header_with("x-canary-echo", None), Field.RESPONSE_HEADER),
    ("echo", header_with("x-canary-g", THEIRS), Field.G),
    ("echo", header_with("x-canary-g-found", THEIRS), Field.G_FRESH),
    ("echo", header_with("vary", "Accept"), Field.VARY_COOKIE),
    ("stream", header_with("vary", None), Field.VARY_COOKIE),
    ("head", header_with("vary", None), Field.VARY_COOKIE),
    ("echo", text_with("{", "<"), Field.BODY_PARSED),
    ("login", header_with("set-cookie", None), Field.SET_COOKIE_COUNT),
    ("read", header_with("set-cookie", "session=abc"), Field.SET_COOKIE_COUNT),
    ("not found", header_with("set-cookie", "sid=abc"), Field.SET_COOKIE_COUNT),
    ("login", body_with("before", to_text(OTHER_SESSION)), Field.SESSION),
    ("login", body_with("log", [THEIRS]), Field.SESSION_LOG_FOREIGN),
    ("append", body_with("log", [to_text(OWN)]), Field.SESSION_LOG_MISSING),
    ("append", body_with("log", [to_text(EARLIER)]), Field.SESSION_LOG_MISSING),
    ("append", body_with("log", [to_text(OWN), to_text(EARLIER), THEIRS]), Field.SESSION_LOG_FOREIGN),
    ("append on the server", body_with("log", [to_text(OWN)]), Field.SESSION_LOG_MISSING),
    ("read", body_with("log", []), Field.SESSION_LOG_MISSING),
    ("read", body_with("log", None), Field.SESSION_LOG_MISSING),
    ("unknown sid", header_with("set-cookie", "sid=made-up"), Field.SID_REPLACED),
    ("unknown sid", header_with("set-cookie", None), Field.SET_COOKIE_COUNT),
    ("put", body_with("value", THEIRS), Field.READ),
    ("get", body_with("value", to_text(OLD_VALUE)), Field.READ),
    ("get", body_with("value", NOTHING), Field.READ),
    ("get", body_with("query", THEIRS), Field.QUERY),
    ("nested", body_with("nested_before", to_text(OWN)), Field.NESTED_G),
    ("nested", body_with("nested_after", THEIRS), Field.NESTED_G),
    ("nested", body_with("outside", NOTHING), Field.NESTED_G),
    ("nested", body_with("g", THEIRS), Field.G),
    ("handled", body_with("error", THEIRS), Field.ERROR),
    ("stream", text_with(f"{to_text(OWN)}.", f"{THEIRS}."), Field.CHUNK),
    ("stream", text_with(f".{to_text(OWN)}.", f".{THEIRS}."), Field.CHUNK),
    ("stream", text_with(f"{to_text(SESSION)}\n", f"{NOTHING}\n"), Field.SESSION),
    ("stream", text_with(STREAM_LINE, ""), Field.CHUNK_COUNT),
    ("stream", text_with(STREAM_LINE, "\n"), Field.CHUNK),
    ("disconnect", text_with(f"{to_text(OWN)}.", f"{THEIRS}."), Field.CHUNK),
    ("options", header_with("allow", "GET, HEAD"), Field.ALLOW),
    ("not allowed", header_with("allow", None), Field.ALLOW),
    ("unhandled", header_with("x-canary-echo", THEIRS), Field.RESPONSE_HEADER),
    ("backend", body_with("backend", THEIRS), Field.BACKEND_REPLY),
    ("backend", body_with("backend", None), Field.BACKEND_REPLY),
    ("page", body_with("session", to_text(OTHER_SESSION)), Field.SESSION),
    ("page", body_with("made_for", THEIRS), Field.HEADER),
    ("page", header_with("vary", "Accept"), Field.VARY_COOKIE),
    ("page", header_with("set-cookie", "session=abc"), Field.SET_COOKIE_COUNT),
    ("static", text_with("same", "other"), Field.STATIC_BYTES),
    ("static", header_with("vary", "Cookie"), Field.STATIC_VARY),
    ("static", header_with("set-cookie", "session=abc"), Field.SET_COOKIE_COUNT),
    ("failing session", header_with("x-canary-g", THEIRS), Field.G),
    ("failing session", header_with("set-cookie", "session=abc"), Field.SET_COOKIE_COUNT),
    ("job", body_with("found", THEIRS), Field.JOB_FOUND),
    ("job", body_with("request", THEIRS), Field.JOB_REQUEST),
    ("job", body_with("g", to_text(OWN)), Field.JOB_G),
    ("job", body_with("session", None), Field.JOB_SESSION),
    ("job", body_with("left", to_text(OWN)), Field.JOB_LEFT),
    ("job", header_with("vary", None), Field.VARY_COOKIE),
]
#: the same of a page that came out of the shared cache, made for another operation
WRONG_CACHED: list[tuple[Callable[[Response], Response], Field]] = [
    (body_with("session", to_text(OTHER_SESSION)), Field.SHARED_PAGE),
    (body_with("session", NOTHING), Field.SHARED_PAGE),
    (header_with("set-cookie", "session=abc"), Field.SET_COOKIE_COUNT),
    (text_with("{", "<"), Field.BODY_PARSED),
]


def cached(tamper: Callable[[Response], Response] = lambda response: response) -> str | None:
    made_for_another = {**PAGE, "made_for": THEIRS}
    response = respond(Scenario.SHARED_PAGE, {"x-canary-echo": THEIRS}, made_for_another)
    return first_failure(observe_cached(operation(Scenario.SHARED_PAGE), tamper(response)))


def test_a_page_of_this_caller_out_of_the_cache_is_right() -> None:
    assert cached() is None


@pytest.mark.parametrize(("tamper", "bell"), WRONG_CACHED, ids=lambda value: getattr(value, "name", None))
def test_another_caller_s_page_out_of_the_cache_rings(
    tamper: Callable[[Response], Response], bell: Field
) -> None:
    assert cached(tamper) == FAILURES[bell]


@pytest.mark.parametrize(("name", "tamper", "bell"), WRONG, ids=lambda value: getattr(value, "name", None))
def test_a_tampered_reply_rings_its_bell(
    name: str, tamper: Callable[[Response], Response], bell: Field
) -> None:
    assert failure(name, tamper) == FAILURES[bell]


def test_two_session_cookies_are_one_too_many() -> None:
    asked, sent, headers, body = RIGHT["append"]
    response = respond(asked.scenario, headers, body)
    twice = replace(response, headers=(*response.headers, ("set-cookie", "session=other")))
    assert first_failure(observe(asked, sent, twice)) == FAILURES[Field.SET_COOKIE_COUNT]


def test_an_answer_of_the_wrapper_carries_no_canary_where_the_error_leaves_the_app() -> None:
    bare = Response(500, (), b"", keeps_alive=True, size=0)
    for scenario in (Scenario.TEARDOWN_ERROR, Scenario.BASE_EXCEPTION):
        assert first_failure(observe(operation(scenario), SENT, bare)) is None
    assert first_failure(observe(operation(Scenario.UNHANDLED_ERROR), SENT, bare)) is not None


@pytest.mark.parametrize(("canary", "bell"), [(OWN, None), (FOREIGN, FAILURES[Field.RESPONSE_HEADER])])
def test_an_answer_of_the_wrapper_names_whose_it_is(canary: int, bell: str | None) -> None:
    answered = Response(500, (("x-canary", to_text(canary)),), b"", keeps_alive=True, size=0)
    found = observe(operation(Scenario.BASE_EXCEPTION), SENT, answered)
    assert [one.field for one in found if one.field is Field.RESPONSE_HEADER] == [Field.RESPONSE_HEADER]
    assert first_failure(found) == bell


def test_a_status_nobody_asked_for_is_read_by_its_headers_alone() -> None:
    response = Response(500, tuple(HEADERS.items()), b"<html>", keeps_alive=True, size=6)
    fields = {observation.field for observation in observe(operation(Scenario.ECHO), SENT, response)}
    assert fields == {Field.RESPONSE_HEADER, Field.G, Field.G_FRESH}


def test_a_remote_address_is_compared_only_if_it_is_known() -> None:
    asked, _, headers, body = RIGHT["echo"]
    found = observe(asked, replace(SENT, remote_addr=0), respond(asked.scenario, headers, body))
    assert Field.REMOTE_ADDR not in {observation.field for observation in found}


def test_an_issued_id_is_never_a_failure_of_its_own() -> None:
    asked, sent, headers, body = RIGHT["id"]
    found = observe(asked, sent, respond(asked.scenario, headers, body))
    assert [o.value for o in found if o.field is Field.ISSUED_ID] == [0xFF]


def test_every_field_but_the_ids_has_a_name_for_its_failure() -> None:
    assert set(FAILURES) == set(Field) - OF_APPS - {Field.ISSUED_ID}
    assert len(set(FAILURES.values())) == len(FAILURES)
