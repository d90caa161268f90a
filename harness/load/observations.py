"""From a reply to observations: every canary that came back, beside the one that should have.

Pure: an operation, what was known when it was sent, and its response in; observations out. The
format of the replies is docs/probes.md. Nothing here decides a verdict; checkers do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from harness.history.canary import ABSENT, HEADER, UNMARKED, from_text
from harness.history.layout import Field
from harness.history.scenarios import LEGAL, Scenario
from harness.workload.operation import Operation, SessionKind

from .connections import address_number
from .http import Response
from .model import Sent, set_session_cookies

#: Details of a field that is read more than once.
BEFORE, AFTER, LEAVING = 0, 1, 2
#: Methods of the echo's URL, as an Allow header must name them.
ECHO_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST"})


class Observation(NamedTuple):
    """One thing that came back; right if ``value`` equals ``expected`` (not for ISSUED_ID)."""

    field: Field
    expected: int
    value: int
    detail: int = 0


Reader = Callable[[Operation, Sent, dict[str, Any]], Iterator[Observation]]

ECHOES = frozenset(
    {
        Scenario.COLD_START,
        Scenario.ECHO,
        Scenario.ECHO_FORM,
        Scenario.ECHO_JSON,
        Scenario.PIPELINED,
    }
)
SESSIONS = frozenset(
    {
        Scenario.LOGIN,
        Scenario.SESSION_APPEND,
        Scenario.SESSION_READ,
        Scenario.SESSION_PARALLEL,
        Scenario.SESSION_UNKNOWN,
    }
)
#: What each key of a look is about; FORM and JSON only where they were sent.
LOOKS = {
    "path": Field.PATH,
    "query": Field.QUERY,
    "header": Field.HEADER,
    "cookie": Field.COOKIE,
    "g": Field.G,
}
BODIES = {Scenario.ECHO_FORM: ("form", Field.FORM), Scenario.ECHO_JSON: ("json", Field.JSON)}


def number(value: object) -> int:
    """Return the canary that a JSON value spells: 0 for none, UNMARKED for anything else."""
    return from_text(value) if value is None or isinstance(value, str) else UNMARKED


def _echo(operation: Operation, sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    keys = dict(LOOKS)
    if operation.scenario in BODIES:
        key, body_field = BODIES[operation.scenario]
        keys[key] = body_field
    for detail, name in ((BEFORE, "before"), (AFTER, "after")):
        look = reply.get(name)
        if not isinstance(look, dict):
            look = {}
        for key, field in keys.items():
            yield Observation(field, operation.canary, number(look.get(key)), detail)
        yield Observation(Field.SESSION, operation.session, number(look.get("session")), detail)
        if sent.remote_addr:
            address = address_number(str(look.get("remote_addr")))
            yield Observation(Field.REMOTE_ADDR, sent.remote_addr, address, detail)


def _session(operation: Operation, sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    log = reply.get("log")
    entries = [number(entry) for entry in log] if isinstance(log, list) else [UNMARKED]
    own = frozenset({operation.canary}) if operation.writes else frozenset()
    must = own | (sent.held.entries if sent.held else frozenset())
    may = must | sent.beside | (sent.held.maybe if sent.held else frozenset())
    before = ABSENT if sent.held is None else operation.session
    yield Observation(Field.SESSION, before, number(reply.get("before")), BEFORE)
    yield Observation(Field.SESSION, operation.session, number(reply.get("after")), AFTER)
    missing = min(must.difference(entries), default=0)
    yield Observation(Field.SESSION_LOG_MISSING, 0, missing)
    foreign = next((entry for entry in entries if entry not in may), 0)
    yield Observation(Field.SESSION_LOG_FOREIGN, 0, foreign)
    yield from _query(operation, sent, reply)


def _issue_id(operation: Operation, sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    yield Observation(Field.ISSUED_ID, 0, number(reply.get("id")))
    yield from _query(operation, sent, reply)


def _query(operation: Operation, _sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    yield Observation(Field.QUERY, operation.canary, number(reply.get("query")), AFTER)


def _put(operation: Operation, sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    yield Observation(Field.READ, operation.value, number(reply.get("value")))
    yield from _query(operation, sent, reply)


def _get(operation: Operation, sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    value = number(reply.get("value"))
    expected = value if value in sent.stored.maybe else sent.stored.value
    yield Observation(Field.READ, expected, value)
    yield from _query(operation, sent, reply)


def _nested(operation: Operation, sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    yield from _query(operation, sent, reply)
    yield Observation(Field.G, operation.canary, number(reply.get("g")), BEFORE)
    yield Observation(Field.NESTED_G, ABSENT, number(reply.get("nested_before")), BEFORE)
    yield Observation(Field.NESTED_G, ABSENT, number(reply.get("nested_after")), AFTER)
    yield Observation(Field.NESTED_G, operation.canary, number(reply.get("outside")), LEAVING)


def _handled(operation: Operation, sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    yield from _query(operation, sent, reply)
    yield Observation(Field.ERROR, operation.canary, number(reply.get("error")))


def _backend(operation: Operation, sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    yield Observation(Field.BACKEND_REPLY, operation.canary, number(reply.get("backend")))
    yield from _query(operation, sent, reply)


def _page(operation: Operation, _sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    yield Observation(Field.SESSION, operation.session, number(reply.get("session")), BEFORE)
    yield Observation(Field.HEADER, operation.canary, number(reply.get("made_for")), AFTER)


def _job(operation: Operation, sent: Sent, reply: dict[str, Any]) -> Iterator[Observation]:
    yield Observation(Field.JOB_FOUND, ABSENT, number(reply.get("found")))
    yield Observation(Field.JOB_REQUEST, operation.canary, number(reply.get("request")))
    yield Observation(Field.JOB_G, ABSENT, number(reply.get("g")))
    yield Observation(Field.JOB_SESSION, operation.session, number(reply.get("session")))
    yield Observation(Field.JOB_LEFT, ABSENT, number(reply.get("left")))
    yield from _query(operation, sent, reply)


#: Scenarios whose body is JSON, and who reads it.
READERS: dict[Scenario, Reader] = {
    **dict.fromkeys(ECHOES, _echo),
    **dict.fromkeys(SESSIONS, _session),
    Scenario.ISSUE_ID: _issue_id,
    Scenario.PUT: _put,
    Scenario.GET: _get,
    Scenario.NESTED_APP_CONTEXT: _nested,
    Scenario.HANDLED_ERROR: _handled,
    Scenario.UNREAD_BODY: _query,
    Scenario.BACKEND: _backend,
    Scenario.SHARED_PAGE: _page,
    Scenario.JOB: _job,
}
STREAMS = frozenset({Scenario.STREAM, Scenario.STREAM_DISCONNECT})
#: Whose view reads the session, so that the response varies with the cookie.
READS_SESSION = ECHOES | SESSIONS | STREAMS | {Scenario.HEAD, Scenario.SHARED_PAGE, Scenario.JOB}
#: What the static file holds.
STATIC_BYTES = b"the same for every caller\n"
#: Whose request never comes as far as the callback that marks `g`.
MARKS_NOTHING = frozenset({Scenario.SESSION_OPEN_ERROR})
#: Who must be sent a session cookie: in a cookie every write, on the server every new session.
BEGINS_SESSION = frozenset({Scenario.LOGIN, Scenario.SESSION_UNKNOWN})


def observe(operation: Operation, sent: Sent, response: Response) -> list[Observation]:
    """Return what a response shows; only its headers if its status is none that was asked for."""
    found = list(_headers(operation, response))
    if response.status not in operation.statuses:
        return found
    found += _cookies(operation, response)
    if operation.scenario in STREAMS:
        found += stream(operation, response.body, whole=operation.scenario is Scenario.STREAM)
    elif operation.scenario in READERS:
        reply = _parse(response.body)
        found.append(Observation(Field.BODY_PARSED, 1, int(reply is not None)))
        if reply is not None:
            found += READERS[operation.scenario](operation, sent, reply)
    return found


def observe_cached(operation: Operation, response: Response) -> list[Observation]:
    """Return what a response shows that came out of the shared cache.

    Its headers were made for another operation, of this caller or, wrongly, of another one. So only
    whose page it is counts, and that it sets no session cookie.
    """
    reply = _parse(response.body)
    found = [
        Observation(Field.SET_COOKIE_COUNT, 0, len(set_session_cookies(response))),
        Observation(Field.BODY_PARSED, 1, int(reply is not None)),
    ]
    if reply is not None:
        found.append(Observation(Field.SHARED_PAGE, operation.session, number(reply.get("session"))))
    return found


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return reply if isinstance(reply, dict) else None


def _headers(operation: Operation, response: Response) -> Iterator[Observation]:
    """Read the canaries every response carries.

    One that the outermost wrapper made carries the operation's alone; one that a server made (--unguarded)
    carries none.
    """
    echo = response.header("x-canary-echo")
    if echo is None and LEGAL[operation.scenario].leaves:
        answered = response.header(HEADER.lower())
        if answered is not None:
            yield Observation(Field.RESPONSE_HEADER, operation.canary, from_text(answered))
        return
    yield Observation(Field.RESPONSE_HEADER, operation.canary, from_text(echo))
    g = from_text(response.header("x-canary-g"))
    due = ABSENT if operation.scenario in MARKS_NOTHING else operation.canary
    yield Observation(Field.G, due, g, LEAVING)
    yield Observation(Field.G_FRESH, ABSENT, from_text(response.header("x-canary-g-found")))


def _cookies(operation: Operation, response: Response) -> Iterator[Observation]:
    count = len(set_session_cookies(response))
    must = operation.scenario in BEGINS_SESSION
    if operation.writes:
        must = operation.store is SessionKind.COOKIE
    may = must or operation.writes
    yield Observation(Field.SET_COOKIE_COUNT, int(must or (may and count > 0)), count)
    vary = ",".join(response.all_headers("vary")).lower().replace(" ", "").split(",")
    varies = int("cookie" in vary or "*" in vary)
    if operation.scenario in READS_SESSION:
        yield Observation(Field.VARY_COOKIE, 1, varies)
    if operation.scenario is Scenario.STATIC:
        yield Observation(Field.STATIC_BYTES, 1, int(response.body == STATIC_BYTES))
        yield Observation(Field.STATIC_VARY, 0, varies)
    if operation.scenario in ECHOES:
        value = _cookie_value(response, "canary_echo")
        yield Observation(Field.RESPONSE_COOKIE, operation.canary, from_text(value))
    if operation.scenario in {Scenario.OPTIONS, Scenario.METHOD_NOT_ALLOWED}:
        allow = {method.strip() for method in (response.header("allow") or "").split(",")}
        yield Observation(Field.ALLOW, 1, int(allow == ECHO_METHODS))
    if operation.scenario is Scenario.SESSION_UNKNOWN:
        offered = dict(operation.cookies)["sid"]
        replaced = [v for _, v in set_session_cookies(response) if v and v != offered]
        yield Observation(Field.SID_REPLACED, 1, int(bool(replaced)))


def _cookie_value(response: Response, name: str) -> str:
    for header in response.all_headers("set-cookie"):
        key, _, value = header.partition(";")[0].strip().partition("=")
        if key == name:
            return value
    return ""


def stream(operation: Operation, body: bytes, *, whole: bool) -> Iterator[Observation]:
    """Read the lines ``request.g.session`` of a streamed body; an unfinished last one is ignored."""
    lines = body.split(b"\n")[:-1]
    for line in lines:
        request, g, session = [*line.decode("latin-1").split("."), "", ""][:3]
        yield Observation(Field.CHUNK, operation.canary, from_text(request), BEFORE)
        yield Observation(Field.CHUNK, operation.canary, from_text(g), AFTER)
        yield Observation(Field.SESSION, operation.session, from_text(session), AFTER)
    if whole:
        yield Observation(Field.CHUNK_COUNT, operation.chunks, len(lines))
