"""With the gc off, nothing of a request outlives it: on any path, on a thread, in a greenlet.

Two witnesses that know nothing of each other: weak references to all that a request is made of,
and a census of the objects that the gc knows. Every row has an alarm twin, the same request with
a cycle of the program's own in it: both must see it.
"""

from __future__ import annotations

import gc
import logging
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from types import CellType, FrameType, FunctionType, TracebackType
from typing import Any, NamedTuple, TypeAlias

import pytest
from greenlet import getcurrent, greenlet
from werkzeug.exceptions import Forbidden

from targetapp.framework import (
    App,
    AppContext,
    AppGlobals,
    Request,
    RequestContext,
    Response,
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionMixin,
    abort,
    appcontext_pushed,
    current_app,
    g,
    request,
    session,
    stream_with_context,
)

#: What a request is made of.
PARTS = {Request, RequestContext, AppContext, AppGlobals, SecureCookieSession}
#: Werkzeug's matcher is a function that calls itself: its closure is a cycle, of texts only.
OF_WERKZEUG = {FunctionType, CellType, set, tuple}
OF_THE_TEST = {weakref.ReferenceType}
#: Raised again and again, as programs do.
MODULE_LEVEL = Forbidden()
MODULE_LEVEL_PLAIN = ValueError("again")
EMPTY: dict[str, Any] = {}
#: Requests of a row: what grows by as many objects of a kind is left behind by each of them.
REQUESTS = 25


@pytest.fixture(autouse=True)
def _no_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.collect()


class WatchedSessions(SecureCookieSessionInterface):
    """Remembers each session, weakly."""

    def __init__(self, watch: Callable[..., None]) -> None:
        super().__init__()
        self._watch = watch

    def open_session(self, app: Any, request: Request) -> SessionMixin | None:
        opened = super().open_session(app, request)
        self._watch(opened)
        return opened


class Watched(App):
    """Remembers all that its requests are made of, weakly."""

    def __init__(self) -> None:
        super().__init__("cycles", static_folder=None)
        self.refs: list[weakref.ref[Any]] = []
        self.secret_key = "key"
        self.session_interface = WatchedSessions(self.watch)
        self.logger.setLevel(logging.CRITICAL + 1)

    def watch(self, *parts: object) -> None:
        self.refs.extend(map(weakref.ref, parts))

    def app_context(self) -> AppContext:
        made = super().app_context()
        self.watch(made, made.g)
        return made

    def request_context(self, environ: dict[str, Any]) -> RequestContext:
        made = super().request_context(environ)
        self.watch(made, made.request)
        return made

    def alive(self) -> set[type]:
        """Return the kinds of what outlived its request."""
        assert len(self.refs) >= len(PARTS)
        return {type(each) for ref in self.refs if (each := ref()) is not None}


def make_app(cyclic: bool = False) -> Watched:
    app = Watched()
    if cyclic:
        app.before_request(make_cycle)
    app.register_error_handler(KeyError, lambda error: ("handled", 418))
    app.register_error_handler(ValueError, lambda error: ("handled", 418))
    app.teardown_request(lambda exc: None)
    add = app.add_url_rule
    add("/ok", "ok", lambda: session.setdefault("x", "ok"))
    add("/redirect/", "redirect", lambda: "ok")
    add("/json", "json", lambda: {"path": request.path})
    add("/handled", "handled", lambda: EMPTY["missing"])
    add("/abort", "abort", lambda: abort(403))
    add("/abort-response", "abort_response", lambda: abort(Response("no", 402)))
    add("/module", "module", raising(MODULE_LEVEL))
    add("/module-in-except", "module_in_except", raise_in_except)
    add("/plain", "plain", raising(MODULE_LEVEL_PLAIN))
    add("/error", "error", lambda: 1 / 0)
    add("/none", "none", lambda: None)
    add("/exit", "exit", raising(SystemExit()))
    add("/stream", "stream", lambda: stream_with_context(chunks()))
    add("/failing-stream", "failing_stream", lambda: stream_with_context(failing_chunks()))
    add("/plain-stream", "plain_stream", lambda: iter(["x", "y"]))
    add("/stray", "stray", leave_pushed)
    return app


def make_cycle() -> None:
    """Keep an error in a frame that its traceback holds, below the frames of the request."""
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as error:
        kept = error
    assert kept.__traceback__ is not None


def leave_pushed() -> str:
    current_app.test_request_context("/").push()
    return "x"


def raising(error: BaseException) -> Callable[[], Any]:
    def view() -> Any:
        raise error

    return view


def raise_in_except() -> Any:
    try:
        return EMPTY["missing"]
    except KeyError:
        raise MODULE_LEVEL  # noqa: B904  # its context is what is to be forgotten


def chunks() -> Iterator[str]:
    for _ in range(3):
        yield request.path


def failing_chunks() -> Iterator[str]:
    yield request.path
    raise ZeroDivisionError


Work: TypeAlias = Callable[[], None]
Place: TypeAlias = Callable[[Work], None]


class Row(NamedTuple):
    """A request, and what the server does with the body."""

    path: str
    method: str = "GET"
    read: int = 99  # chunks
    close: bool = True
    cookie: str = ""


ROWS = {
    "success": Row("/ok"),
    "head": Row("/ok", "HEAD"),
    "options": Row("/ok", "OPTIONS"),
    "json": Row("/json"),
    "redirect by the routing": Row("/redirect"),
    "handled error": Row("/handled"),
    "404": Row("/nowhere"),
    "405": Row("/ok", "POST"),
    "abort": Row("/abort"),
    "abort with a response": Row("/abort-response"),
    "one HTTP error for all requests": Row("/module"),
    "the same, raised while another is handled": Row("/module-in-except"),
    "one error for all requests": Row("/plain"),
    "500": Row("/error"),
    "500 for a view that returns None": Row("/none"),
    "an exit": Row("/exit"),
    "stream, read": Row("/stream"),
    "stream, closed early": Row("/stream", read=1),
    "stream, closed unread": Row("/stream", read=0),
    "stream, dropped": Row("/stream", read=1, close=False),
    "stream, dropped unread": Row("/stream", read=0, close=False),
    "stream, head": Row("/stream", "HEAD"),
    "stream that fails": Row("/failing-stream"),
    "stream without context": Row("/plain-stream"),
    "stream without context, dropped": Row("/plain-stream", read=1, close=False),
    "context left pushed": Row("/stray"),
    "a session cookie that is forged": Row("/ok", cookie="session=forged"),
    "one with a time that is forged": Row("/ok", cookie="session=abc.def.ghi"),
}


def serve(app: App, row: Row) -> None:
    """Serve one request the way a server does; what leaves is dropped."""
    environ = {
        "REQUEST_METHOD": row.method,
        "PATH_INFO": row.path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_COOKIE": row.cookie,
    }
    try:
        body = app.wsgi_app(environ, lambda *_: lambda _: None)
        iterator = iter(body)
        for _ in range(row.read):
            if next(iterator, None) is None:
                break
        if row.close and hasattr(body, "close"):
            body.close()
    except (Exception, SystemExit) as error:
        error.__traceback__ = None


def here(work: Work) -> None:
    work()


def on_threads(work: Work) -> None:
    """Do *work* on several threads at once."""
    barrier = threading.Barrier(3)

    def wait_and_work() -> None:
        barrier.wait()
        work()

    threads = [threading.Thread(target=wait_and_work) for _ in range(barrier.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_greenlet(work: Work) -> None:
    greenlet(work).switch()


PLACES: list[Place] = [here, on_threads, in_greenlet]


def census() -> Counter[type]:
    return Counter(map(type, gc.get_objects()))


def serve_often(app: App, row: Row) -> None:
    for _ in range(REQUESTS):
        serve(app, row)


def left_behind(app: App, row: Row, place: Place) -> set[type]:
    """Serve *row* a few times; return the kinds of which each request left an object."""
    # Both build what is built once: a Counter asks the ABCs, whose caches grow when one was registered since.
    place(partial(serve, app, row))
    census()
    before = census()
    place(partial(serve_often, app, row))
    after = census()
    return {kind for kind, count in after.items() if count - before[kind] >= REQUESTS}


def examples(kinds: set[type]) -> list[str]:
    """Return how the latest objects of these kinds look, to tell whose they are."""
    return [repr(each)[:120] for each in gc.get_objects() if type(each) in kinds][-REQUESTS:]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_nothing_outlives_its_request(row: Row, place: Place) -> None:
    app = make_app()
    left = left_behind(app, row, place)
    assert app.alive() == set()
    beyond = left - OF_WERKZEUG - OF_THE_TEST
    assert not beyond, examples(beyond)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_cycle_of_the_program_is_seen_by_both_witnesses(row: Row, place: Place) -> None:
    app = make_app(cyclic=True)
    left = left_behind(app, row, place)
    assert app.alive() == PARTS
    assert left >= PARTS | {FrameType, TracebackType}
    gc.collect()
    assert app.alive() == set()


@pytest.mark.parametrize("key", ["PROPAGATE_EXCEPTIONS", "TRAP_HTTP_EXCEPTIONS", "TRAP_BAD_REQUEST_ERRORS"])
@pytest.mark.parametrize("path", ["/error", "/abort", "/none", "/nowhere"])
def test_nor_one_whose_error_leaves_the_app(path: str, key: str) -> None:
    app = make_app()
    app.config[key] = True
    serve(app, Row(path))
    assert app.alive() == set()


def boom(_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "register", [App.teardown_request, App.teardown_appcontext, App.after_request, App.url_value_preprocessor]
)
def test_nor_one_with_a_hook_that_raises(register: Callable[[App, Any], Any]) -> None:
    app = make_app()
    register(app, boom if register is not App.url_value_preprocessor else lambda *_: boom(None))
    for path in ("/ok", "/error", "/stream", "/nowhere"):
        serve(app, Row(path))
        assert app.alive() == set()


def test_nor_one_with_a_500_handler_that_raises() -> None:
    app = make_app()
    app.register_error_handler(500, boom)
    serve(app, Row("/error"))
    assert app.alive() == set()


def test_nor_one_whose_appcontext_pushed_receiver_raises() -> None:
    app = make_app()
    with appcontext_pushed.connected_to(boom, app):
        serve(app, Row("/ok"))
    assert app.alive() == set()


def switch_to(other: Any) -> Any:
    return other.switch()


def test_nor_one_whose_greenlet_is_dropped_in_its_view() -> None:
    app = make_app()
    app.add_url_rule("/wait", "wait", lambda: switch_to(getcurrent().parent))
    waiting = greenlet(partial(serve, app, Row("/wait")))
    waiting.switch()
    assert app.alive() == PARTS
    del waiting
    assert app.alive() == set()


def leave(_: object = None) -> None:
    raise SystemExit


@pytest.mark.parametrize("teardown", [boom, leave])
@pytest.mark.parametrize("path", ["/leave", "/ok", "/error", "/stream"])
def test_nor_one_with_an_exit_and_teardowns_that_raise(path: str, teardown: Callable[..., None]) -> None:
    app = make_app()
    app.add_url_rule("/leave", "leave", leave)
    for _ in range(2):
        app.teardown_request(teardown)
        app.teardown_appcontext(boom)
    serve(app, Row(path))
    assert app.alive() == set()


def test_a_module_level_error_keeps_nothing() -> None:
    app = make_app()
    for path in ("/module", "/module-in-except", "/plain"):
        serve(app, Row(path))
    for error in (MODULE_LEVEL, MODULE_LEVEL_PLAIN):
        assert (error.__traceback__, error.__context__) == (None, None)


def test_the_error_is_whole_while_the_request_lasts() -> None:
    app = make_app()
    seen: list[bool] = []

    def handler(error: Exception) -> str:
        g.error = error
        return "handled"

    app.register_error_handler(404, handler)
    app.teardown_request(lambda exc: seen.append(g.error.__traceback__ is not None))
    serve(app, Row("/nowhere"))
    assert seen == [True]
    assert app.alive() == set()
