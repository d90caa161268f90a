"""Contexts that stay pushed, and teardowns that are skipped, early or told the wrong thing."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from targetapp.framework import App, teardown
from targetapp.framework.request_context import RequestContext
from targetapp.framework.teardown import Call
from targetapp.probes import streams

from .fault import Fault
from .switching import replace


def _use(app: App, context_class: type[RequestContext]) -> None:
    """Make *app* push contexts of another class."""
    app.request_context = lambda environ: context_class(app, environ)  # type: ignore[method-assign]


def teardown_error_stops_others(_app: App) -> None:
    """Stop a run of teardowns at the first that raises."""

    def run(calls: Iterable[Call]) -> list[BaseException]:
        for function, arguments in calls:
            try:
                function(*arguments)
            except BaseException as error:
                return [error]
        return []

    replace(teardown, "run_guarded", run)


def no_pop_on_exception(app: App) -> None:
    """Leave the contexts of a failing request where they are."""

    class Kept(RequestContext):
        """A context whose pop is not in a ``finally``."""

        def end(self, exc: BaseException | None) -> list[BaseException]:
            return super().end(exc) if exc is None else []

    _use(app, Kept)


def except_exception_only(app: App) -> None:
    """Skip every teardown of a request that a BaseException ends."""
    skipping: ContextVar[bool] = ContextVar("skipping", default=False)
    run_guarded = teardown.run_guarded

    class Unguarded(RequestContext):
        """A context whose clean-up is written as ``except Exception``."""

        def end(self, exc: BaseException | None) -> list[BaseException]:
            token = skipping.set(exc is not None and not isinstance(exc, Exception))
            try:
                return super().end(exc)
            finally:
                skipping.reset(token)

    def run(calls: Iterable[Call]) -> list[BaseException]:
        return [] if skipping.get() else run_guarded(calls)

    replace(teardown, "run_guarded", run)
    _use(app, Unguarded)


def base_exception_none(app: App) -> None:
    """Tell the teardowns that nothing happened when a BaseException did."""

    class Misinformed(RequestContext):
        """A context that passes on Exceptions only."""

        def end(self, exc: BaseException | None) -> list[BaseException]:
            return super().end(exc if isinstance(exc, Exception) else None)

    _use(app, Misinformed)


def teardown_before_stream(_app: App) -> None:
    """Stream bodies without their context."""

    def without_context(body: Any) -> Any:
        return body

    replace(streams, "stream_with_context", without_context)


FAULTS = (
    Fault(
        "no_pop_on_exception",
        "FC5",
        "pallets/flask#2563, pallets/flask#1094",
        "A request that fails leaves its contexts pushed on the worker.",
        no_pop_on_exception,
    ),
    Fault(
        "teardown_error_stops_others",
        "FC7",
        "pallets/flask#5928",
        "The first teardown callback that raises stops the ones after it.",
        teardown_error_stops_others,
    ),
    Fault(
        "except_exception_only",
        "FC7",
        "PyMySQL/PyMySQL#275, eventlet/eventlet#527",
        "The clean-up is written as 'except Exception', so a BaseException skips every teardown.",
        except_exception_only,
    ),
    Fault(
        "base_exception_none",
        "FC8",
        "Flask 0.12.1, changes",
        "Teardowns are told that nothing happened when a BaseException ended the request.",
        base_exception_none,
    ),
    Fault(
        "teardown_before_stream",
        "FC8",
        "pallets/quart#361",
        "The contexts are popped when the view returns, and the streamed body runs without them.",
        teardown_before_stream,
    ),
)
