"""Wrappers around an application or a view that lose the ``close()`` of a response, or what it raised.

PEP 3333: whoever takes an iterable from an application calls its ``close()``, whatever happens. What
an app frees then stays otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from targetapp.framework import App
from targetapp.framework import globals as globals_

from .fault import Fault

Body = Iterable[bytes]


def hold_until_closed(app: App) -> None:
    """Keep something for each request that is freed as its body is closed: a database session, say."""
    held: dict[int, Any] = {}
    inner = app.wsgi_app

    def hold() -> None:
        request = globals_.current_request_context().request
        held[id(request.environ)] = request

    def answer(environ: dict[str, Any], start_response: Any) -> Body:
        key = id(environ)
        try:
            body = inner(environ, start_response)
        except BaseException:
            held.pop(key, None)
            raise

        def close() -> None:
            held.pop(key, None)
            closing = getattr(body, "close", None)
            if closing is not None:
                closing()

        return Closing(body, close)

    app.before_request_funcs[None].append(hold)
    app.wsgi_app = answer  # type: ignore[method-assign]


def _wrap(app: App, around: Callable[[Body, dict[str, Any]], Body]) -> None:
    hold_until_closed(app)
    inner = app.wsgi_app

    def answer(environ: dict[str, Any], start_response: Any) -> Body:
        return around(inner(environ, start_response), environ)

    app.wsgi_app = answer  # type: ignore[method-assign]


class Closing:
    """Iterates a body and, when it is closed, calls whatever it was given for that."""

    def __init__(self, body: Body, close: Callable[[], object] | None) -> None:
        self._next = iter(body).__next__
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._next()

    def close(self) -> None:
        """Close what is known to be closable."""
        if self._close is not None:
            self._close()


def close_dropped(app: App) -> None:
    """Iterate a body and forget that it has a ``close``."""
    _wrap(app, lambda body, _: Closing(body, None))


def close_only_on_exhaust(app: App) -> None:
    """Close a body once it was read to its end, and not if the client left before."""

    def exhaust(body: Body, _: object) -> Body:
        yield from (chunk for chunk in body)
        close: Any = getattr(body, "close", None)
        if close is not None:
            close()

    _wrap(app, exhaust)


def close_lost_on_head(app: App) -> None:
    """Close a body if there is one: the body of an answer to HEAD is empty, and so counts as none."""

    class Empty(list[bytes]):
        """The body of an answer without one; its ``close`` is that of what it stands for."""

        def __init__(self, close: Callable[[], object] | None) -> None:
            super().__init__()
            self.close = close

    def closing(body: Body, environ: dict[str, Any]) -> Body:
        close = getattr(body, "close", None)
        if environ["REQUEST_METHOD"] == "HEAD":
            body = Empty(close)
        return Closing(body, close if body and close else None)

    _wrap(app, closing)


def traced_iterator(app: App) -> None:
    """Trace a body's chunks with a generator, which hides the body's own ``close``."""

    def trace(body: Body, environ: dict[str, Any]) -> Iterator[bytes]:
        environ["traced.chunks"] = 0
        for chunk in body:
            environ["traced.chunks"] += 1
            yield chunk

    _wrap(app, trace)


FAULTS = (
    Fault(
        "close_dropped",
        "FC7",
        "emmett-framework/granian#29, pallets/werkzeug#1259",
        "An adapter between server and app never calls a body's close().",
        close_dropped,
    ),
    Fault(
        "close_only_on_exhaust",
        "FC7",
        "TurboGears/backlash#19",
        "A wrapper around the app closes a body after its last chunk, and never if its client left before.",
        close_only_on_exhaust,
    ),
    Fault(
        "close_lost_on_head",
        "FC7",
        "Pylons/webob#74",
        "A wrapper around the app closes a body unless it is empty, as every answer to HEAD is.",
        close_lost_on_head,
    ),
    Fault(
        "traced_iterator",
        "FC7",
        "DataDog/dd-trace-py#5325",
        "A tracing wrapper hands on a generator over the body, which does not close what it iterates.",
        traced_iterator,
    ),
)
