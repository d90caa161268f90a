"""A WSGI server for one run: calls the app, reads the bodies, and notes what it gets."""

from __future__ import annotations

import gc
import io
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from werkzeug.test import EnvironBuilder

from tests.differential.acting import STREAM_MARK
from tests.differential.building import Builder
from tests.differential.context_acts import end_strays, push
from tests.differential.cookies import made_cookie, normalised, session_cookie
from tests.differential.description import Ask, Case
from tests.differential.frameworks import Framework
from tests.differential.recording import CALL, CHUNK, CLOSE, DONE, DROP, NAME_KEY, RETURNED, Event, Run
from tests.differential.repairs import Repair, leaving_chain
from tests.differential.values import Boom, chain_of, group_name, name_of

#: What a step returns that failed.
FAILED = object()


@dataclass(frozen=True)
class Result:
    """What the server saw of one request, and the log of what happened in it.

    *left* has, for each step of the server that failed, the step, the error, and what that was
    raised in the handling of, and so on.
    """

    log: tuple[Event, ...]
    status: str | None
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]
    left: tuple[tuple[str, tuple[str, ...]], ...]


def begun(log: Iterable[Event]) -> bool:
    """Tell whether a streamed body began in *log*."""
    return any(event.word.startswith("body of") for event in log)


def bodyless(ask: Ask, result: Result | Exchange) -> bool:
    """Tell whether the answer has no body to send: one that is not read is not cut short then."""
    status = int((result.status or "000")[:3])
    return ask.method == "HEAD" or 100 <= status < 200 or status in {204, 304}


@dataclass
class Exchange:
    """One request and its response, step by step: :meth:`call`, :meth:`advance`, :meth:`finish`."""

    run: Run
    ask: Ask
    number: int
    cookie: str
    status: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    left: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    _body: Any = None
    _early: list[BaseException] = field(default_factory=list)
    _next: Callable[[], bytes] | None = None

    def _environ(self) -> dict[str, Any]:
        ask = self.ask
        headers = [("Cookie", f"session={self.cookie}")] if self.cookie else []
        builder = EnvironBuilder(
            ask.path,
            "http://localhost/",
            ask.query or None,
            method=ask.method,
            headers=headers,
            content_type=ask.content_type or None,
            input_stream=io.BytesIO(ask.body) if ask.body else None,
            environ_overrides={
                NAME_KEY: str(self.number),
                "HTTP_HOST": ask.host,
                "CONTENT_LENGTH": str(len(ask.body)),
            },
        )
        environ = builder.get_environ()
        builder.close()
        return environ

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self.run.note("start response", status)
        if self.ask.start_fails:
            raise Boom("start response")
        self.status, self.headers = status, headers
        return lambda data: None

    def step(self, word: str, function: Callable[[], Any]) -> Any:
        """Do one step; note that it begins, and what leaves it.

        :returns: what *function* does, :data:`FAILED` if it, or a teardown in it, raises.
        :raises StopIteration: if it does, and no teardown in it raises.
        """
        self.run.current, self.run.step = self.number, word
        self.run.note(word)
        leaving: BaseException | None = None
        result: Any = FAILED
        try:
            result = function()
        except StopIteration as end:
            leaving = end
        except BaseException as error:
            leaving = error
        stopped = isinstance(leaving, StopIteration)
        errors = self._errors_of_teardowns(word, leaving is not None and not stopped)
        errors += end_strays(self.run)
        if word == DROP and errors:
            # Nobody is there to be told.
            if all(isinstance(error, Exception) for error in errors):
                self.run.note("log", group_name(map(name_of, errors)))
            return FAILED
        chain = leaving_chain(None if stopped else leaving, errors)
        if chain:
            self.left.append((word, chain))
            return FAILED
        if stopped:
            raise StopIteration
        return result

    def _errors_of_teardowns(self, word: str, failed: bool) -> list[BaseException]:
        """Return what the teardowns of this step raised, under a repair that lets them all run."""
        run = self.run
        errors, run.kept = run.kept, []
        if Repair.TORN_DOWN_TWICE not in run.repairs or STREAM_MARK not in self.headers:
            return errors
        if word == CALL and not failed:
            self._early, errors = errors, []
        elif word in {CLOSE, DROP} and not begun(run.logs[self.number]):
            errors += self._early
        return errors

    def call(self) -> None:
        """Call the app."""
        body = self.step(CALL, lambda: self.run.app(self._environ(), self._start_response))
        self._body = None if body is FAILED else body
        self.run.note(RETURNED)

    def advance(self) -> bool:
        """Read one chunk; tell whether to go on."""
        if self._body is None or (self.ask.read is not None and len(self.chunks) >= self.ask.read):
            return False
        if self._next is None:
            self._next = iter(self._body).__next__
        try:
            chunk = self.step(CHUNK, self._next)
        except StopIteration:
            return False
        if chunk is FAILED:
            return False
        self.chunks.append(chunk)
        return True

    def finish(self) -> None:
        """Close the body, or drop it without that."""
        if self._body is None:
            return
        if self.ask.drop:
            self.step(DROP, self._drop)
        else:
            close = getattr(self._body, "close", lambda: None)
            self.step(CLOSE, close)
            self._body = self._next = None
        self.run.note(DONE)

    def _drop(self) -> None:
        self._body = self._next = None
        gc.collect(0)

    def read(self) -> None:
        """Do the rest after the call, on the thread that the request asks for."""

        def rest() -> None:
            while self.advance():
                pass
            self.finish()

        if self.ask.thread:
            self.run.on_a_thread(rest)
        else:
            rest()

    def result(self, lifetime: timedelta) -> Result:
        """Return what was seen."""
        return Result(
            tuple(self.run.logs[self.number]),
            self.status,
            normalised(self.headers, lifetime, "session"),
            tuple(self.chunks),
            tuple(self.left),
        )


class Server:
    """Serves the requests of one case to the app of one framework."""

    def __init__(self, case: Case, framework: Framework, repairs: frozenset[Repair] = frozenset()) -> None:
        self._case = case
        self._run = Run(framework, repairs)
        self._jar = ""

    def serve(self) -> tuple[Result, ...]:
        """Build the app, serve all requests in a new Context, and return what each one got."""
        return Context().run(self._serve)

    def _serve(self) -> tuple[Result, ...]:
        run, case = self._run, self._case
        builder = Builder(case.app, run)
        app = builder.build()
        with builder.connected(), _overheard(run):
            if case.interleaved and Repair.BODIES_CROSS not in run.repairs:
                exchanges = self._interleaved()
            else:
                exchanges = [self._one(number) for number in range(len(case.asks))]
        lifetime = app.permanent_session_lifetime
        return tuple(exchange.result(lifetime) for exchange in exchanges)

    def _exchange(self, number: int) -> Exchange:
        ask = self._case.asks[number]
        self._run.logs.append([])
        self._run.pending, self._run.kept = None, []
        self._run.current = number
        cookie = {"jar": self._jar, "none": ""}.get(ask.cookie)
        return Exchange(self._run, ask, number, made_cookie(ask.cookie) if cookie is None else cookie)

    def _one(self, number: int) -> Exchange:
        exchange = self._exchange(number)
        with self._around(exchange) as go:
            go(exchange.call)
            go(exchange.read)
        if not self._case.interleaved:
            cookie = session_cookie(exchange.headers, "session")
            self._jar = self._jar if cookie is None else cookie
        return exchange

    def _interleaved(self) -> list[Exchange]:
        exchanges = [self._exchange(number) for number in range(len(self._case.asks))]
        for exchange in exchanges:
            exchange.call()
        reading = list(exchanges)
        while reading:
            reading = [exchange for exchange in reading if exchange.advance()]
        for exchange in exchanges:
            exchange.finish()
        return exchanges

    @contextmanager
    def _around(self, exchange: Exchange) -> Iterator[Callable[[Callable[[], None]], None]]:
        """Give what runs a step, inside an app context if the request wants that."""
        if not exchange.ask.around:
            yield lambda step: step()
            return
        run = self._run
        context = run.app.app_context()
        try:
            push(run, context)
        except BaseException as error:
            exchange.left.append(("> push", chain_of(error)))
            yield lambda step: None
            return
        if Repair.G_SHARED in run.repairs:
            with run.app_hidden():
                yield lambda step: step()
        else:
            yield lambda step: step()
        exchange.step("> pop", lambda: context.pop(None))


@contextmanager
def _overheard(run: Run) -> Iterator[None]:
    """Note warnings; ignore what a dropped body raises when nobody is there to be told.

    A ResourceWarning tells when the collector came by, not what was done: Flask's cycles keep a form's files.
    """
    before = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.showwarning = lambda message, category, *_: run.note("warning", category.__name__)
        try:
            yield
        finally:
            sys.unraisablehook = before
