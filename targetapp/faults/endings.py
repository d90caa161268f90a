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
from .wiring import use_contexts


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

    use_contexts(app, Kept)


def session_open_error(app: App) -> None:
    """Push before the ``try`` whose ``finally`` pops, so that an error of the push pops nothing."""

    class PushedOutside(RequestContext):
        """A context that is left alone if its push failed."""

        failed = False

        def begin(self) -> None:
            try:
                super().begin()
            except Exception:
                self.failed = True
                raise

        def end(self, exc: BaseException | None) -> list[BaseException]:
            return [] if self.failed else super().end(exc)

    use_contexts(app, PushedOutside)


def pop_not_in_finally(app: App) -> None:
    """Pop after the teardown callbacks, unless one of them raises.

    The app context that stays with it is one that Flask up to 3.1 reuses for the worker's next requests:
    that is the setting this was reported under.
    """
    app.config["REUSE_APP_CONTEXT"] = True

    class Stuck(RequestContext):
        """A context whose pop comes after its callbacks, and not in a ``finally``."""

        called = False

        def _request_calls(self, exc: BaseException | None) -> list[Call]:
            return [] if self.called else super()._request_calls(exc)

        def end(self, exc: BaseException | None) -> list[BaseException]:
            if not self.is_current():  # a streamed body's: its chunks are popped each by itself
                return super().end(exc)
            errors = teardown.run_guarded(self._request_calls(exc))
            if errors:
                return errors
            self.called = True
            return super().end(exc)

    use_contexts(app, Stuck)


def teardown_twice(app: App) -> None:
    """Tear down when the view has returned, and again at the end of a body that streams."""

    class Twice(RequestContext):
        """A context that is torn down for its view as well as for its body."""

        def hold(self) -> None:
            """Tear down for the view."""
            teardown.run_guarded(self._request_calls(self.error))
            super().hold()

    use_contexts(app, Twice)


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
    use_contexts(app, Unguarded)


def base_exception_none(app: App) -> None:
    """Tell the teardowns that nothing happened when a BaseException did."""

    class Misinformed(RequestContext):
        """A context that passes on Exceptions only."""

        def end(self, exc: BaseException | None) -> list[BaseException]:
            return super().end(exc if isinstance(exc, Exception) else None)

    use_contexts(app, Misinformed)


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
        "session_open_error",
        "FC5",
        "pallets/flask#2254",
        "The context is pushed outside the try, so an error while the session is opened leaves it there.",
        session_open_error,
    ),
    Fault(
        "pop_not_in_finally",
        "FC5",
        "pallets/flask#1094, pallets/flask#1767",
        "A teardown callback that raises skips the pop after it, and the dead request's app context is"
        " reused by the worker's next ones.",
        pop_not_in_finally,
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
        "teardown_twice",
        "FC8",
        "Flask 3.1.3, stream_with_context; compare pallets/flask#5774",
        "A request whose body streams is torn down when its view returned, and again when its body ended.",
        teardown_twice,
    ),
    Fault(
        "teardown_before_stream",
        "FC8",
        "pallets/quart#361",
        "The contexts are popped when the view returns, and the streamed body runs without them.",
        teardown_before_stream,
    ),
)
