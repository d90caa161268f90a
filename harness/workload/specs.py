"""How each scenario is asked for: one builder per kind of item, and the table of them.

Paths, parameters and replies are those of docs/probes.md. A builder only says what to send; what
a right reply holds is decided where replies are read (``harness/load/observations.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from harness.history.canary import CanaryKind, to_text
from harness.history.scenarios import Scenario

from .maker import LOG_ENTRIES_MAX, Maker
from .operation import SESSION_COOKIES, Item, Manner, Operation, Policy, SessionKind

Builder = Callable[[Maker], Item]

COLD_START_BURST = 4
PARALLEL_GROUP = 4
PIPELINE_LENGTH = 3
STREAM_CHUNKS = range(3, 9)
DISCONNECT_CHUNKS = 20
#: Few, so that callers meet on them.
PAGES = 2
#: Asked for twice in a row: what a right Vary allows the cache to keep has to come out of it too.
PAGE_TWICE = 2
VALUE_SLOTS = 3
BASE_EXCEPTIONS = ("system_exit", "keyboard_interrupt", "greenlet_exit")
FORM = "application/x-www-form-urlencoded"
#: An unread body that is taken for the next request would be answered as this one: with a 404.
UNREAD = b"GET /missing/@c@ HTTP/1.1\r\nHost: unread\r\nX-Canary: @c@\r\n\r\n" * 16
#: One chunk, and a trailer: whoever forgets that there is one takes it for the next request.
CHUNKED = b"6\r\nunread\r\n0\r\nX-Trailer: @c@\r\n\r\n"

_ECHO = "/echo/{c}"
_BACKEND = "/backend/{c}"


def one(operation: Operation) -> Item:
    """Return the item of a single operation."""
    return Item(Manner.SEQUENCE, (operation,))


def cold_start(maker: Maker) -> Item:
    """Ask several times at once, before this client has seen any answer."""
    return Item(
        Manner.PARALLEL,
        tuple(
            maker.operation(Scenario.COLD_START, _ECHO, session=(SessionKind.COOKIE, 0), policy=Policy.FRESH)
            for _ in range(COLD_START_BURST)
        ),
    )


def echo(maker: Maker) -> Item:
    """Read path, query, header, cookie, address, g and session before and after the pause."""
    return one(maker.operation(Scenario.ECHO, _ECHO))


def echo_form(maker: Maker) -> Item:
    """As echo, with a form."""
    return one(
        maker.operation(Scenario.ECHO_FORM, _ECHO, method="POST", body=b"canary=@c@", content_type=FORM)
    )


def echo_json(maker: Maker) -> Item:
    """As echo, with a JSON body."""
    return one(
        maker.operation(
            Scenario.ECHO_JSON,
            _ECHO,
            method="POST",
            body=b'{"canary":"@c@"}',
            content_type="application/json",
        )
    )


def login(maker: Maker, store: SessionKind | None = None) -> Item:
    """Start a new session of *store* (drawn if None); sent without the old session's cookie."""
    store = maker.rng.choice(tuple(SessionKind)) if store is None else store
    session = maker.new_session(store)
    operation = maker.operation(
        Scenario.LOGIN,
        "/session/login",
        method="POST",
        session=(store, session),
        body=f"canary={to_text(session)}".encode(),
        content_type=FORM,
    )
    return one(replace(operation, sends_session=False))


def _append(maker: Maker, scenario: Scenario, store: SessionKind, policy: Policy | None) -> Operation:
    maker.written[store] += 1
    return maker.operation(
        scenario,
        "/session/append",
        method="POST",
        session=(store, maker.sessions[store]),
        policy=policy,
        writes=True,
    )


def _in_session(build: Callable[[Maker, SessionKind], Item], maker: Maker) -> Item:
    """Draw a store; log in first if the client holds no session there or its log is full."""
    store = maker.rng.choice(tuple(SessionKind))
    if store not in maker.sessions or maker.written[store] >= LOG_ENTRIES_MAX:
        return login(maker, store)
    return build(maker, store)


def session_append(maker: Maker, store: SessionKind) -> Item:
    """Add one entry to the session's log."""
    return one(_append(maker, Scenario.SESSION_APPEND, store, None))


def session_read(maker: Maker, store: SessionKind) -> Item:
    """Read the session's log back."""
    session = (store, maker.sessions[store])
    return one(maker.operation(Scenario.SESSION_READ, "/session/read", session=session))


def session_parallel(maker: Maker, store: SessionKind) -> Item:
    """Add several entries to one session at once."""
    return Item(
        Manner.PARALLEL,
        tuple(_append(maker, Scenario.SESSION_PARALLEL, store, Policy.FRESH) for _ in range(PARALLEL_GROUP)),
    )


def session_unknown(maker: Maker) -> Item:
    """Log in with a session id that the target never handed out: it must be replaced."""
    session = maker.canary(CanaryKind.SESSION)
    operation = maker.operation(
        Scenario.SESSION_UNKNOWN,
        "/session/login",
        method="POST",
        session=(SessionKind.SERVER, session),
        body=f"canary={to_text(session)}".encode(),
        content_type=FORM,
    )
    made_up = f"{maker.rng.getrandbits(256):064x}"
    cookies = (*operation.cookies, (SESSION_COOKIES[SessionKind.SERVER], made_up))
    return one(replace(operation, sends_session=False, cookies=cookies))


def issue_id(maker: Maker) -> Item:
    """Have an id handed out."""
    return one(maker.operation(Scenario.ISSUE_ID, "/ids"))


def put_get(maker: Maker) -> Item:
    """Put a value, then get it over another new connection, which any worker may answer."""
    key = f"{maker.worker}.{maker.client}.{maker.rng.randrange(VALUE_SLOTS)}"
    value = maker.canary(CanaryKind.VALUE)
    put = maker.operation(
        Scenario.PUT,
        f"/values/{key}",
        method="PUT",
        policy=Policy.FRESH,
        body=to_text(value).encode(),
        content_type="text/plain",
        key=key,
        value=value,
    )
    get = maker.operation(Scenario.GET, f"/values/{key}", policy=Policy.FRESH, key=key)
    return Item(Manner.SEQUENCE, (put, get))


def simple(scenario: Scenario, path: str, method: str, maker: Maker) -> Item:
    """Ask for what the path says, in any session."""
    return one(maker.operation(scenario, path, method=method))


def base_exception(maker: Maker) -> Item:
    """Have a view raise an exception that is no Exception."""
    which = maker.rng.choice(BASE_EXCEPTIONS)
    return one(maker.operation(Scenario.BASE_EXCEPTION, f"/base-exception/{{c}}/{which}"))


def stream(maker: Maker) -> Item:
    """Read a streamed body to its end."""
    chunks = maker.rng.choice(STREAM_CHUNKS)
    return one(maker.operation(Scenario.STREAM, "/stream/{c}", chunks=chunks))


def stream_disconnect(maker: Maker) -> Item:
    """Leave after the first chunk: close the connection, or reset it."""
    operation = maker.operation(
        Scenario.STREAM_DISCONNECT,
        "/stream/{c}",
        policy=Policy.FRESH,
        pause_ms=maker.rng.choice((1, 2)),
        chunks=DISCONNECT_CHUNKS,
    )
    return one(replace(operation, resets=maker.rng.random() < 0.5))


def pipelined(maker: Maker) -> Item:
    """Send several requests on one connection before the first answer."""
    policy = maker.rng.choice((Policy.KEEP_ALIVE, Policy.SHARED))
    source = maker.source()
    operations = tuple(
        replace(maker.operation(Scenario.PIPELINED, _ECHO, policy=policy), source=source)
        for _ in range(PIPELINE_LENGTH)
    )
    return Item(Manner.PIPELINED, operations)


def unread_body(maker: Maker) -> Item:
    """Post a body that the view leaves unread, in chunks or not; then ask again on the same connection."""
    chunked = maker.rng.random() < 0.5
    post = maker.operation(
        Scenario.UNREAD_BODY,
        "/unread/{c}",
        method="POST",
        policy=Policy.KEEP_ALIVE,
        body=CHUNKED if chunked else UNREAD,
        content_type="text/plain",
    )
    if chunked:
        post = replace(post, headers=(*post.headers, ("Transfer-Encoding", "chunked")))
    again = maker.operation(Scenario.ECHO, _ECHO, policy=Policy.KEEP_ALIVE)
    return Item(Manner.SEQUENCE, (post, again))


def backend(maker: Maker) -> Item:
    """Ask the backend several times at once: replies on a connection that two share may cross."""
    return Item(
        Manner.PARALLEL,
        tuple(
            maker.operation(Scenario.BACKEND, _BACKEND, policy=Policy.FRESH) for _ in range(PARALLEL_GROUP)
        ),
    )


def backend_cancel(maker: Maker) -> Item:
    """Be cancelled between query and reply, then ask the backend again."""
    cancel = maker.operation(Scenario.BACKEND_CANCEL, f"{_BACKEND}/cancel")
    return Item(Manner.SEQUENCE, (cancel, maker.operation(Scenario.BACKEND, _BACKEND)))


def shared_page(maker: Maker, store: SessionKind) -> Item:
    """Ask for a page, whose URL is the same for all callers, through the shared cache.

    Always in a session, so that a page of somebody else says whose it is.
    """
    path = f"{store.value}/page/{maker.rng.randrange(PAGES)}"
    session = (store, maker.sessions[store])
    asked = [
        maker.operation(Scenario.SHARED_PAGE, "", session=session, policy=Policy.FRESH, pause_ms=0)
        for _ in range(PAGE_TWICE)
    ]
    # Neither query nor cookie of its own: nobody else would ask for the same.
    pages = (replace(each, path=path, cookies=(), shared_cache=True) for each in asked)
    return Item(Manner.SEQUENCE, tuple(pages))


BUILDERS: dict[Scenario, Builder] = {
    Scenario.COLD_START: cold_start,
    Scenario.ECHO: echo,
    Scenario.ECHO_FORM: echo_form,
    Scenario.ECHO_JSON: echo_json,
    Scenario.LOGIN: login,
    Scenario.SESSION_APPEND: partial(_in_session, session_append),
    Scenario.SESSION_READ: partial(_in_session, session_read),
    Scenario.SESSION_PARALLEL: partial(_in_session, session_parallel),
    Scenario.SESSION_UNKNOWN: session_unknown,
    Scenario.ISSUE_ID: issue_id,
    Scenario.PUT: put_get,
    Scenario.GET: put_get,
    Scenario.NESTED_APP_CONTEXT: partial(simple, Scenario.NESTED_APP_CONTEXT, "/nested/{c}", "GET"),
    Scenario.HEAD: partial(simple, Scenario.HEAD, _ECHO, "HEAD"),
    Scenario.OPTIONS: partial(simple, Scenario.OPTIONS, _ECHO, "OPTIONS"),
    Scenario.NOT_FOUND: partial(simple, Scenario.NOT_FOUND, "/missing/{c}", "GET"),
    Scenario.METHOD_NOT_ALLOWED: partial(simple, Scenario.METHOD_NOT_ALLOWED, _ECHO, "DELETE"),
    Scenario.HANDLED_ERROR: partial(simple, Scenario.HANDLED_ERROR, "/handled-error/{c}", "GET"),
    Scenario.UNHANDLED_ERROR: partial(simple, Scenario.UNHANDLED_ERROR, "/unhandled-error/{c}", "GET"),
    Scenario.ABORT: partial(simple, Scenario.ABORT, "/abort/{c}", "GET"),
    Scenario.TEARDOWN_ERROR: partial(simple, Scenario.TEARDOWN_ERROR, "/teardown-error/{c}", "GET"),
    Scenario.BASE_EXCEPTION: base_exception,
    Scenario.STREAM: stream,
    Scenario.STREAM_DISCONNECT: stream_disconnect,
    Scenario.PIPELINED: pipelined,
    Scenario.UNREAD_BODY: unread_body,
    Scenario.BACKEND: backend,
    Scenario.BACKEND_CANCEL: backend_cancel,
    Scenario.SHARED_PAGE: partial(_in_session, shared_page),
    Scenario.STATIC: partial(simple, Scenario.STATIC, "/static/probe.txt", "GET"),
    Scenario.SESSION_OPEN_ERROR: partial(simple, Scenario.SESSION_OPEN_ERROR, "/failing-session/{c}", "GET"),
    Scenario.JOB: partial(simple, Scenario.JOB, "/job/{c}", "GET"),
}
