"""Bodies that see the request: ``stream_with_context``.

Rules:

- The body's context is current exactly while the body runs: it is put into the variables before
  each ``next`` and taken out after it, on whatever thread that is, so two bodies on one thread
  do not see each other's request and nothing stays on any thread.
- While such a body is part of the answer its context is *held*: the teardown runs once, after
  the last chunk or at ``close()``, or when the body is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import update_wrapper
from typing import Any, overload

from . import globals as globals_
from . import teardown
from .request_context import RequestContext

_CUT_SHORT = "The streamed body was closed before its end."


class ContextStream(Iterator[Any]):
    """An iterator whose every step runs with one request context current."""

    def __init__(self, body: Iterable[Any], context: RequestContext) -> None:
        self._ended = True  # for __del__, should the next line raise
        self._body: Iterator[Any] = iter(body)
        self._context = context
        # What the body left current at its last yield: itself, or a context it pushed around it.
        self._request: Any = context
        self._app: Any = context.app_context
        self._running = self._ended = False
        context.streams += 1

    def __iter__(self) -> ContextStream:
        return self

    def __next__(self) -> Any:
        if self._ended:
            raise StopIteration
        try:
            return self._run(self._body.__next__)
        except StopIteration:
            reported = self._end(None)
            if reported is None:
                raise
        except BaseException as error:
            reported = self._end(error)
            if reported is error:
                del reported
                raise
        if reported is None:
            raise StopIteration
        try:
            teardown.raise_again(reported)
        finally:
            del reported

    def close(self) -> None:
        """Close the body, with its context current, and end it."""
        if self._ended:
            return
        exc: BaseException | None = None
        close = getattr(self._body, "close", None)
        if close is not None:
            try:
                self._run(close)
            except BaseException as error:
                exc = error
        reported = self._end(exc, closed=True)
        if reported is not None:
            try:
                teardown.raise_again(reported)
            finally:
                del reported, exc

    def __del__(self) -> None:
        if not self._ended:
            try:
                self.close()
            except Exception:
                # Nobody is there to be told.
                self._context.app.logger.exception("The teardown of a dropped body failed")

    def _run(self, step: Callable[[], Any]) -> Any:
        if self._running:
            raise ValueError("This streamed body is running on another thread or greenlet.")
        self._running = True
        self._context.running += 1
        # The storages may not change between set and reset.
        request_var, app_var = globals_.request_var, globals_.app_var
        app_token = app_var.set(self._app)
        request_token = request_var.set(self._request)
        try:
            return step()
        finally:
            self._running = False
            self._context.running -= 1
            self._request = request_var.get(None)
            self._app = app_var.get(None)
            request_var.reset(request_token)
            app_var.reset(app_token)

    def _end(self, exc: BaseException | None, closed: bool = False) -> BaseException | None:
        """End the body and, if it was the last one, its held context; return what must be raised."""
        if self._running:  # someone else's call failed: the body goes on where it is
            return exc
        self._ended = True
        context = self._context
        context.streams -= 1
        told = exc
        if exc is None and closed and not context.bodyless:
            told = GeneratorExit(_CUT_SHORT)
        self._drop_strays()
        self._body = iter(())
        last = not context.streams or context.sole == id(self)
        errors = context.let_go(told) if last else []
        if context.late is not None:
            teardown.move(errors, context.late)
        return teardown.settle(exc, errors)

    def _drop_strays(self) -> None:
        """Hand the contexts that the body left pushed to the body's own context."""
        context = self._context
        if self._request is context and self._app is context.app_context:
            return
        request_var, app_var = globals_.request_var, globals_.app_var
        app_token, request_token = app_var.set(self._app), request_var.set(self._request)
        try:
            context.take_strays()
        finally:
            request_var.reset(request_token)
            app_var.reset(app_token)


class HeldBody(Iterator[bytes]):
    """What ``wsgi_app`` returns for a held context: ends it at the latest when it is closed.

    The streamed body itself may be inside something that never closes it.
    """

    def __init__(self, body: Iterable[bytes], context: RequestContext) -> None:
        self._body = body
        self._next = iter(body).__next__
        self._context = context
        self._exhausted = False

    def __iter__(self) -> HeldBody:
        return self

    def __next__(self) -> bytes:
        try:
            return self._next()
        except StopIteration:
            self._exhausted = True
            raise
        except BaseException as error:
            reported = teardown.settle(error, self._let_go(error))
            if reported is error:
                del reported
                raise
        try:
            teardown.raise_again(reported)
        finally:
            del reported

    def close(self) -> None:
        """Close the response, then end the context if nothing in the response did."""
        leaving: BaseException | None = None
        # An error of a teardown raised in the middle of this would stop the response's own functions.
        late = self._context.late = []
        close = getattr(self._body, "close", None)
        if close is not None:
            try:
                close()
            except BaseException as error:
                leaving = error
        told = leaving
        if told is None and not self._exhausted and not self._context.bodyless:
            told = GeneratorExit(_CUT_SHORT)
        self._context.late = None
        teardown.move(self._let_go(told), late)
        reported = teardown.settle(leaving, late)
        if reported is not None:
            try:
                teardown.raise_again(reported)
            finally:
                del reported, leaving, told

    def _let_go(self, told: BaseException | None) -> list[BaseException]:
        """End the context, unless the body is running elsewhere: then it ends it itself."""
        return [] if self._context.running else self._context.let_go(told)


@overload
def stream_with_context(body: Iterable[Any]) -> Iterator[Any]: ...


@overload
def stream_with_context(body: Callable[..., Iterable[Any]]) -> Callable[..., Iterator[Any]]: ...


def stream_with_context(
    body: Iterable[Any] | Callable[..., Iterable[Any]],
) -> Iterator[Any] | Callable[..., Iterator[Any]]:
    """Keep the current request context for a body that is sent after the view returned.

    Give it an iterable, or use it as the decorator of a generator function inside the view.

    :raises RuntimeError: outside a request context.
    """
    if callable(body) and not isinstance(body, Iterable):

        def streamed(*args: Any, **kwargs: Any) -> Iterator[Any]:
            return stream_with_context(body(*args, **kwargs))

        return update_wrapper(streamed, body)
    context = globals_.request_var.get(None)
    if context is None:
        raise RuntimeError(
            "stream_with_context was called outside of a request context: call it in the view,"
            " not in the generator."
        )
    return ContextStream(body, context)
