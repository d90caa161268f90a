"""Contexts that are popped by another thread, or by a copy that does not own them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextvars import Context, Token
from queue import SimpleQueue
from typing import Any

from targetapp.framework import App
from targetapp.framework import globals as globals_
from targetapp.framework.request_context import RequestContext
from targetapp.framework.streaming import ContextStream, HeldBody
from targetapp.probes import jobs, look, streams

from .fault import Fault
from .switching import replace
from .wiring import use_contexts

Job = Callable[[], Any]


class PlainContext:
    """A copy of a request's context that keeps its tokens in a list, as Flask up to 3.1 does.

    Popping it on another thread than the one that pushed it last fails, and leaves it where it is.
    """

    def __init__(self, context: RequestContext) -> None:
        self.context = context.copy()
        self.tokens: list[tuple[Token[Any], Token[Any]]] = []

    def __enter__(self) -> None:
        storages = globals_.app_var, globals_.request_var
        self.tokens.append((storages[0].set(self.context.app_context), storages[1].set(self.context)))

    def __exit__(self, *_: object) -> None:
        app_token, request_token = self.tokens.pop()
        globals_.request_var.reset(request_token)
        globals_.app_var.reset(app_token)


def executor_shared_context(_app: App) -> None:
    """Map a function over a pool's threads with one copy of the request's context for all of them."""

    def copy_once(function: Job) -> Job:
        shared = PlainContext(globals_.current_request_context())

        def with_request() -> Any:
            with shared:
                return function()

        return with_request

    run = jobs.Jobs.run

    def run_twice(self: jobs.Jobs, job: Callable[[], dict[str, str]]) -> dict[str, str]:
        """Run the job on both threads; the answer is the second one's."""
        other = self._find_pool().submit(look.carry(job))
        try:
            return run(self, job)
        finally:
            wait((other,))

    replace(jobs, "copy_current_request_context", copy_once)
    replace(jobs.Jobs, "run", run_twice)


def copy_pops_owner(_app: App) -> None:
    """Have the end of a copy's work end the context that it was copied from."""

    def copy_with_owner(function: Job) -> Job:
        owner: RequestContext = globals_.current_request_context()

        def with_request() -> Any:
            try:
                with owner.copy():
                    return function()
            finally:
                owner.end(None)

        return with_request

    replace(jobs, "copy_current_request_context", copy_with_owner)


class LoopStream(ContextStream):
    """A body whose context is pushed by its first step, in the variables of a loop that ends with it."""

    _pushed = False

    def _run(self, step: Job) -> Any:
        if self._pushed:
            return step()
        self._pushed = True
        return Context().run(super()._run, step)


def stream_pushed_elsewhere(_app: App) -> None:
    """Push a streamed body's context in the variables of an event loop that ends with the first chunk."""

    def stream_with_context(body: Any) -> LoopStream:
        return LoopStream(body, globals_.current_request_context())

    replace(streams, "stream_with_context", stream_with_context)


class PushedThroughout(RequestContext):
    """A context that stays pushed where the view was called while its body streams, as Flask 3.1's does."""

    streaming = False

    def hold(self) -> None:
        """Stay where it is."""
        self.take_strays()
        self.streaming = True

    def let_go(self, exc: BaseException | None) -> list[BaseException]:
        """End, wherever the body did."""
        if not self.streaming:
            return []
        self.streaming = False
        return self.end(self.error or exc)


class Reaper:
    """Closes the bodies that others abandoned, on a thread of its own."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._lock = threading.Lock()
        self._pid = 0

    def take(self, body: Any) -> None:
        """Close *body* soon."""
        with self._lock:
            if self._pid != os.getpid():  # threads don't survive a fork
                self._pid = os.getpid()
                threading.Thread(target=self._work, daemon=True).start()
        self._queue.put(body)

    def _work(self) -> None:
        while True:
            body = self._queue.get()
            body.close()
            del body


class Abandoned:
    """A body that was left to a reaper unless it was read to its end."""

    def __init__(self, body: Any, reaper: Reaper) -> None:
        self._body = body
        self._reaper = reaper
        self._ended = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._body)
        except StopIteration:
            self._ended = True
            raise

    def close(self) -> None:
        """Close what was read, leave the rest to the reaper."""
        if self._ended:
            self._body.close()
        else:
            self._reaper.take(self._body)


def abandoned_other_thread(app: App) -> None:
    """Close an abandoned stream on another thread than the one where its context is pushed.

    The app context of the dead request is still active then, and Flask up to 3.1 reuses it for the
    worker's next requests, g and all: that is the setting this was reported under.
    """
    app.config["REUSE_APP_CONTEXT"] = True
    reaper = Reaper()
    inner = app.wsgi_app

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        body = inner(environ, start_response)
        return Abandoned(body, reaper) if isinstance(body, HeldBody) else body

    use_contexts(app, PushedThroughout)
    app.wsgi_app = answer  # type: ignore[method-assign]


FAULTS = (
    Fault(
        "abandoned_other_thread",
        "FC5",
        "pallets/flask#6123",
        "A streamed body that its client left is closed on another thread, so its context stays pushed"
        " on the worker, and the next requests there reuse its app context.",
        abandoned_other_thread,
    ),
    Fault(
        "executor_shared_context",
        "FC6",
        "pallets/flask#5252, dchevell/flask-executor#44",
        "One copy of a request's context is pushed by two threads of a pool at once, and each pops with"
        " the other's token.",
        executor_shared_context,
    ),
    Fault(
        "copy_pops_owner",
        "FC6",
        "open-telemetry/opentelemetry-python-contrib#1551",
        "A copy of a request's context that ends on another thread ends the live request's with it.",
        copy_pops_owner,
    ),
    Fault(
        "stream_pushed_elsewhere",
        "FC6",
        "pallets/flask#5774",
        "A streamed body's context is pushed in the context variables of an event loop that is gone by"
        " the second chunk.",
        stream_pushed_elsewhere,
    ),
)
