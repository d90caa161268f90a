"""Context variables: changed in place, not taken back, or inherited by those who should not have them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any

from targetapp.framework import App, g
from targetapp.probes import jobs
from targetapp.probes.canaries import canary_of_request

from .fault import Fault
from .switching import replace
from .wiring import through_views


def mutable_log_dict(app: App) -> None:
    """Bind the caller in the dict that is a context variable's default."""
    bound: ContextVar[dict[str, int]] = ContextVar("bound", default={})  # noqa: B039 - the fault

    def bind() -> None:
        values = bound.get()
        if "caller" in values:
            g.canary = values["caller"]
        values["caller"] = canary_of_request()

    app.before_request_funcs[None].insert(0, bind)


def _connection_of(environ: dict[str, Any]) -> Any:
    """Return what a server has one of for each connection; None for a server that shows none."""
    own = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    return getattr(environ["wsgi.input"], "rfile", None) if own is None else own  # gevent.pywsgi


def connection_context_kept(app: App) -> None:
    """Handle each request of a connection in a copy of the context of the one before."""
    caller: ContextVar[int] = ContextVar("caller", default=0)
    contexts: weakref.WeakKeyDictionary[Any, Context] = weakref.WeakKeyDictionary()
    inner = app.wsgi_app

    def load() -> None:
        if caller.get():
            g.canary = caller.get()
        caller.set(canary_of_request())

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        connection = _connection_of(environ)
        if connection is None:
            return copy_context().run(inner, environ, start_response)
        # Taken while a request was handled, and so with what that one had set.
        context = contexts.pop(connection, None) or copy_context()

        def handle() -> Iterable[bytes]:
            body = inner(environ, start_response)
            contexts[connection] = copy_context()
            return body

        return context.run(handle)

    app.before_request_funcs[None].insert(0, load)
    app.wsgi_app = answer  # type: ignore[method-assign]


def thread_inherits_context(_app: App) -> None:
    """Start a pool's thread in a copy of the context of whoever starts it."""

    class Pool(ThreadPoolExecutor):
        """A pool whose threads inherit; each is started by the job there is no thread for."""

        def __init__(self, threads: int, thread_name_prefix: str = "") -> None:
            super().__init__(threads, thread_name_prefix, self._inherit)
            self._inherited: dict[ContextVar[Any], Any] = {}

        def submit(self, *args: Any, **kwargs: Any) -> Any:
            """Run a job; the thread that this may start has the caller's variables."""
            self._inherited = dict(copy_context().items())
            return super().submit(*args, **kwargs)

        def _inherit(self) -> None:
            for variable, value in self._inherited.items():
                variable.set(value)

    replace(jobs, "ThreadPoolExecutor", Pool)


def job_keeps_value(_app: App) -> None:
    """Let a job set a context variable on its pool's thread, and the next one find it."""
    caller: ContextVar[int] = ContextVar("caller", default=0)
    read: Callable[[float], dict[str, str]] = jobs._read  # noqa: SLF001 - the job, from inside the app

    def depending(seconds: float) -> dict[str, str]:
        if caller.get():
            g.canary = caller.get()
        caller.set(canary_of_request())
        return read(seconds)

    replace(jobs, "_read", depending)


def generator_finalised_elsewhere(app: App) -> None:
    """Leave a generator that holds a context variable's token to whoever comes next."""
    caller: ContextVar[int] = ContextVar("caller", default=0)
    kept: list[Any] = []

    def scope() -> Iterable[None]:
        token = caller.set(canary_of_request())
        try:
            yield
        finally:
            with suppress(ValueError):  # "was created in a different Context"
                caller.reset(token)

    def load() -> None:
        kept.clear()  # here they are finalised: wherever the next request is
        if caller.get():
            g.canary = caller.get()

    def scoped(view: Callable[..., Any]) -> Callable[..., Any]:
        def answer(**arguments: Any) -> Any:
            around = iter(scope())
            next(around)
            kept.append(around)  # as the traceback does of what interrupts the view
            del around
            return view(**arguments)

        return answer

    app.before_request_funcs[None].insert(0, load)
    through_views(app, "base_exception", scoped)


FAULTS = (
    Fault(
        "mutable_log_dict",
        "FC3",
        "hynek/structlog#302",
        "The default of a context variable is a dict that every request changes in place.",
        mutable_log_dict,
    ),
    Fault(
        "connection_context_kept",
        "FC4",
        "Kludex/starlette#2335, Kludex/uvicorn#2167",
        "A connection keeps the context that its request ran in, and runs the next request in a copy.",
        connection_context_kept,
    ),
    Fault(
        "thread_inherits_context",
        "FC4",
        "django/asgiref#564",
        "A thread of a pool is started with a copy of the context of the request that needed it.",
        thread_inherits_context,
    ),
    Fault(
        "job_keeps_value",
        "FC4",
        "grpc/grpc#40123",
        "A job sets a context variable on its pool's thread, where the next job depends on it.",
        job_keeps_value,
    ),
    Fault(
        "generator_finalised_elsewhere",
        "FC6",
        "gevent/gevent#1930",
        "A generator that holds the token of a context variable is left behind by a BaseException and"
        " finalised elsewhere, so the value stays on the worker.",
        generator_finalised_elsewhere,
    ),
)
