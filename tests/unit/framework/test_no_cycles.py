"""With the gc off, nothing of a request outlives it: no cycle holds it."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Callable, Iterator
from types import CellType, FunctionType
from typing import Any

import pytest
from werkzeug.exceptions import Forbidden, NotFound

from targetapp import (
    App,
    Response,
    abort,
    appcontext_pushed,
    current_app,
    g,
    request,
    session,
    stream_with_context,
)
from targetapp.framework import globals as globals_

#: Raised again and again, as programs do.
MODULE_LEVEL = Forbidden()
EMPTY: dict[str, Any] = {}
MODULE_LEVEL_PLAIN = ValueError("again")


@pytest.fixture(autouse=True)
def _no_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def make_app() -> App:
    app = App("cycles", static_folder=None)
    app.secret_key = "key"
    app.logger.setLevel(logging.CRITICAL + 1)
    app.register_error_handler(KeyError, lambda error: ("handled", 418))
    app.register_error_handler(MODULE_LEVEL_PLAIN.__class__, lambda error: ("handled", 418))
    app.teardown_request(lambda exc: None)
    refs: list[weakref.ref[Any]] = []
    app.extensions["refs"] = refs

    def remember(_: object = None) -> None:
        context = globals_.current_request_context()
        refs.extend(map(weakref.ref, (context, context.app_context, context.request, context.g)))
        refs.append(weakref.ref(context.session))

    app.before_request(remember)
    add = app.add_url_rule
    add("/ok", "ok", lambda: session.setdefault("x", "ok"))
    add("/redirect/", "redirect", lambda: "ok")
    add("/json", "json", lambda: {"path": request.path})
    add("/handled", "handled", lambda: EMPTY["missing"])
    add("/abort", "abort", lambda: abort(403))
    add("/abort-response", "abort_response", lambda: abort(Response("no", 402)))
    add("/module", "module", raising(MODULE_LEVEL))
    add("/module-in-except", "module_in_except", raising_in_except)
    add("/plain", "plain", raising(MODULE_LEVEL_PLAIN))
    add("/error", "error", lambda: 1 / 0)
    add("/none", "none", lambda: None)
    add("/stream", "stream", lambda: stream_with_context(chunks()))
    add("/plain-stream", "plain_stream", lambda: iter(["x", "y"]))
    add("/stray", "stray", leave_pushed)
    return app


def leave_pushed() -> str:
    current_app.test_request_context("/").push()
    return "x"


def raising(error: Exception) -> Callable[[], Any]:
    def view() -> Any:
        raise error

    return view


def raising_in_except() -> Any:
    try:
        return EMPTY["missing"]
    except KeyError:
        raise MODULE_LEVEL  # noqa: B904  # its context is what is to be forgotten


def chunks() -> Iterator[str]:
    for _ in range(3):
        yield request.path


def serve(app: App, path: str, method: str = "GET", read: int = 99, close: bool = True) -> None:
    """Serve one request the way a server does; what leaves is dropped."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    try:
        body = app.wsgi_app(environ, lambda *_: lambda _: None)
        iterator = iter(body)
        for _ in range(read):
            if next(iterator, None) is None:
                break
        if close and hasattr(body, "close"):
            body.close()
    except Exception as error:
        error.__traceback__ = None


def alive(app: App) -> list[Any]:
    refs = app.extensions["refs"]
    assert refs
    return [type(ref()).__name__ for ref in refs if ref() is not None]


#: Werkzeug's matcher is a function that calls itself: the closure is a cycle, of texts only.
OF_WERKZEUG = {FunctionType, CellType, set, tuple}


def garbage_kinds() -> set[type]:
    """Return the classes of what only the gc can free."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return {type(each) for each in gc.garbage}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


PATHS = [
    "/ok",
    "/json",
    "/redirect",
    "/nowhere",
    "/handled",
    "/abort",
    "/abort-response",
    "/module",
    "/module-in-except",
    "/plain",
    "/error",
    "/none",
    "/stream",
    "/plain-stream",
    "/stray",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS"])
def test_nothing_outlives_its_request(path: str, method: str) -> None:
    app = make_app()
    serve(app, path, method)  # builds what is built once
    gc.collect()
    for _ in range(3):
        serve(app, path, method)
        assert alive(app) == []
    assert garbage_kinds() <= OF_WERKZEUG


@pytest.mark.parametrize(("read", "close"), [(0, True), (1, True), (0, False), (1, False)])
def test_nor_a_streamed_one_that_is_cut_short(read: int, close: bool) -> None:
    app = make_app()
    serve(app, "/stream", read=read, close=close)
    assert alive(app) == []


@pytest.mark.parametrize("config", [{"PROPAGATE_EXCEPTIONS": True}, {"TRAP_HTTP_EXCEPTIONS": True}])
@pytest.mark.parametrize("path", ["/error", "/abort", "/none", "/nowhere"])
def test_nor_one_whose_error_leaves_the_app(path: str, config: dict[str, Any]) -> None:
    app = make_app()
    app.config.update(config)
    serve(app, path)
    assert alive(app) == []


def boom(_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("hook", ["teardown_request_funcs", "after_request_funcs"])
def test_nor_one_with_a_hook_that_raises(hook: str) -> None:
    app = make_app()
    getattr(app, hook)[None].append(boom)
    for path in ("/ok", "/error", "/stream"):
        serve(app, path)
        assert alive(app) == []


def test_nor_one_with_a_500_handler_that_raises() -> None:
    app = make_app()
    app.register_error_handler(500, boom)
    serve(app, "/error")
    assert alive(app) == []


def test_nor_one_whose_appcontext_pushed_receiver_raises() -> None:
    app = make_app()
    refs = app.extensions["refs"]

    def fail(_: object) -> None:
        context = globals_.app_var.get(None)
        refs.extend([weakref.ref(context), weakref.ref(context.g)])
        raise ZeroDivisionError

    with appcontext_pushed.connected_to(fail, app):
        serve(app, "/ok")
    assert alive(app) == []


def test_a_module_level_error_keeps_nothing() -> None:
    app = make_app()
    for path in ("/module", "/module-in-except", "/plain"):
        serve(app, path)
    for error in (MODULE_LEVEL, MODULE_LEVEL_PLAIN):
        assert (error.__traceback__, error.__context__) == (None, None)


def test_the_error_is_whole_while_the_request_lasts() -> None:
    app = make_app()
    seen: list[Any] = []

    def handler(error: NotFound) -> str:
        g.error = error
        return "handled"

    app.register_error_handler(404, handler)
    app.teardown_request_funcs[None].append(lambda _: seen.append(g.error.__traceback__ is not None))
    serve(app, "/nowhere")
    assert seen == [True]
