"""What keeps a request after its end: registries, tracebacks, cycles, receivers."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from blinker import Signal
from werkzeug.exceptions import Forbidden

from targetapp.framework import App
from targetapp.framework import globals as globals_
from targetapp.framework.request_context import RequestContext
from targetapp.framework.wrappers import Request, Response

from .fault import Fault
from .switching import undo_with
from .wiring import through_views, use_contexts


def _current() -> Request:
    request: Request = globals_.current_request_context().request
    return request


def no_teardown_registered(app: App) -> None:
    """Note each request in a table of those in flight, and register nothing that takes it out."""
    in_flight: dict[int, Request] = {}

    def note() -> None:
        in_flight[id(_current())] = _current()

    app.before_request_funcs[None].append(note)


def module_exception(app: App) -> None:
    """Raise one exception object, made at import, for every request that is refused."""
    refused = Forbidden()

    class Unforgetting(RequestContext):
        """A context that leaves the exceptions it answered as they are."""

        def _forget(self) -> None:
            self.answered.clear()

    def refusing(view: Callable[..., Any]) -> Callable[..., Any]:
        def refuse(**arguments: Any) -> Any:
            try:
                return view(**arguments)
            except Forbidden:
                raise refused from None

        return refuse

    through_views(app, "abort", refusing)
    use_contexts(app, Unforgetting)


def frame_cycle(app: App) -> None:
    """Keep an error in a variable of a frame that its traceback holds; the collector is switched off."""
    dispatch = app.full_dispatch_request

    def dispatch_and_keep(ctx: RequestContext) -> Response:
        error: Exception | None = None
        try:
            return dispatch(ctx)
        except Exception as raised:
            error = raised  # this frame holds it, and its traceback this frame, which holds the context
            raise
        finally:
            app.logger.debug("dispatched with %s", error)

    app.full_dispatch_request = dispatch_and_keep  # type: ignore[method-assign]
    if gc.isenabled():
        gc.disable()
        undo_with(gc.enable)


def receiver_per_request(app: App) -> None:
    """Connect a receiver for each request, strongly, and disconnect none."""
    saved = Signal()

    def connect() -> None:
        request = _current()
        saved.connect(lambda _: request.path, weak=False)

    app.before_request_funcs[None].append(connect)


def scope_made_again(app: App) -> None:
    """Take a request's scope out of the table as it ends, and then put an empty one there."""
    scopes: dict[Request, dict[str, Any]] = {}

    def begin() -> None:
        scopes[_current()] = {"request": _current()}

    def clean_up(_: BaseException | None) -> None:
        scopes.pop(_current(), None)
        scopes[_current()] = {}

    app.before_request_funcs[None].append(begin)
    app.teardown_request_funcs[None].append(clean_up)


FAULTS = (
    Fault(
        "no_teardown_registered",
        "FC7",
        "getsentry/raven-python#1108",
        "An extension notes each request in a table, and never registers the teardown that takes it out.",
        no_teardown_registered,
    ),
    Fault(
        "module_exception",
        "FC12",
        "Kludex/starlette#3205",
        "One exception object is raised again and again, and its traceback keeps the frames, and so the"
        " requests, it passed through.",
        module_exception,
    ),
    Fault(
        "frame_cycle",
        "FC12",
        "pallets/flask#5709",
        "An error is kept in a variable of a frame that its own traceback refers to: a cycle, for the"
        " collector to find, which is switched off.",
        frame_cycle,
    ),
    Fault(
        "receiver_per_request",
        "FC12",
        "pallets-eco/blinker#12, getsentry/raven-python#147",
        "A receiver is connected strongly for each request and never disconnected, and its closure keeps"
        " the request.",
        receiver_per_request,
    ),
    Fault(
        "scope_made_again",
        "FC12",
        "python-injector/flask_injector#9, pallets/werkzeug#2205",
        "The clean-up takes a request's entry out of a table and then makes an empty one under the same key.",
        scope_made_again,
    ),
)
