"""Values of one request kept on an object that all requests share, or on the wrong worker."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from targetapp.framework import App, Request, Response, g, jsonify, request
from targetapp.framework import globals as globals_
from targetapp.probes import callbacks, look
from targetapp.probes.canaries import canary_of_request, to_text

from .fault import Fault
from .wiring import answer_with, through_views


def swap_restore_global(app: App) -> None:
    """Force another locale for a while by swapping the selector on a shared extension."""

    class Babel:
        """The extension; its selector is asked whose locale a response is in."""

        selector: Callable[[], int] = staticmethod(canary_of_request)

    @contextmanager
    def force(canary: int) -> Iterator[None]:
        before = Babel.selector
        Babel.selector = staticmethod(lambda: canary)
        try:
            yield
        finally:
            Babel.selector = before

    def forced(view: Callable[..., Any]) -> Callable[..., Any]:
        def answer(**arguments: Any) -> Any:
            with force(canary_of_request()):
                return view(**arguments)

        return answer

    through_views(app, "echo", forced)
    answer_with(app, callbacks.ECHO_HEADER, lambda: to_text(Babel.selector()))


def sticky_global(app: App) -> None:
    """Remember in a module global that one caller, who sent a form, wanted it otherwise."""

    class Module:
        """A module's globals."""

        preferred = 0

    def prefer() -> None:
        if "canary" in request.form:
            Module.preferred = canary_of_request()

    app.before_request_funcs[None].append(prefer)
    answer_with(app, callbacks.ECHO_HEADER, lambda: to_text(Module.preferred or canary_of_request()))


def class_attribute(app: App) -> None:
    """Gather a session's log in a list that is an attribute of the view's class."""

    class Append:
        """A class-based view, made anew for each request."""

        log: list[int] = []  # noqa: RUF012 - that is the fault

        def __init__(self, view: Callable[..., Any]) -> None:
            self.view = view

        def dispatch(self, arguments: dict[str, Any]) -> Response:
            """Answer with the view's report, and the log as gathered."""
            report = self.view(**arguments).get_json()
            self.log.extend(int(entry, 16) for entry in report["log"])
            return jsonify({**report, "log": [to_text(entry) for entry in self.log[-20:]]})

    def based_on_class(view: Callable[..., Any]) -> Callable[..., Any]:
        return lambda **arguments: Append(view).dispatch(arguments)

    through_views(app, "append", based_on_class)


def shared_renderer(app: App) -> None:
    """Make a view's renderer at its first use, for the request there is, and keep it."""

    class Renderer:
        """Renders what a view returns, for the request it was made for."""

        made: Renderer | None = None

        def __init__(self, rendered_for: Request) -> None:
            self.request = rendered_for

        def render(self, response: Response) -> Response:
            """Return the response with the request's query in it."""
            return jsonify({**response.get_json(), "query": self.request.args.get("canary")})

    def rendered(view: Callable[..., Any]) -> Callable[..., Any]:
        def answer(**arguments: Any) -> Response:
            response = view(**arguments)
            if Renderer.made is None:
                Renderer.made = Renderer(globals_.current_request_context().request)
            return Renderer.made.render(response)

        return answer

    through_views(app, "ids", rendered)


def locals_not_cleared(app: App) -> None:
    """Keep a request's values in a thread-local object that the next request finds as it was."""
    local = threading.local()

    def load() -> None:
        # What is right clears it first: local.__dict__.clear()
        caller = local.__dict__.setdefault("caller", canary_of_request())
        if caller != canary_of_request():
            g.canary = caller

    app.before_request_funcs[None].insert(0, load)


def log_local_unpatched(app: App) -> None:
    """Note the caller for the log in a thread-local that was imported before gevent patched it."""
    monkey = sys.modules.get("gevent.monkey")
    local: Any = (threading.local if monkey is None else monkey.get_original("_thread", "_local"))()

    def note() -> None:
        local.caller = canary_of_request()

    def forget(_: BaseException | None) -> None:
        local.caller = 0

    def named() -> str:
        return to_text(getattr(local, "caller", 0) or canary_of_request())

    app.before_request_funcs[None].append(note)
    app.teardown_request_funcs[None].append(forget)
    answer_with(app, callbacks.ECHO_HEADER, named)


def dict_iterated(app: App) -> None:
    """Walk through the requests in flight, in a dict that other workers change meanwhile."""
    in_flight: dict[int, str] = {}

    def note() -> None:
        in_flight[canary_of_request()] = request.path

    def keeping_house(view: Callable[..., Any]) -> Callable[..., Any]:
        def answer(**arguments: Any) -> Any:
            for _ in in_flight:
                look.sleep(PAUSE_S)
            return view(**arguments)

        return answer

    def forget(_: BaseException | None) -> None:
        in_flight.pop(canary_of_request(), None)

    app.before_request_funcs[None].append(note)
    app.teardown_request_funcs[None].append(forget)
    through_views(app, "ids", keeping_house)


#: A step of the walk takes as long as this: others come and go.
PAUSE_S = 0.0005

FAULTS = (
    Fault(
        "swap_restore_global",
        "FC1",
        "python-babel/flask-babel#117, python-babel/flask-babel#146",
        "A context manager swaps a selector on a shared extension and restores the one it saved, so"
        " two interleaved requests leave one of theirs there for ever.",
        swap_restore_global,
    ),
    Fault(
        "sticky_global",
        "FC1",
        "searx/searx#1921",
        "What one caller prefers is kept in a module global, and holds for everybody from then on.",
        sticky_global,
    ),
    Fault(
        "class_attribute",
        "FC1",
        "pallets/flask#4148",
        "A view's class has a list as an attribute, which all its instances, and so all requests, fill.",
        class_attribute,
    ),
    Fault(
        "shared_renderer",
        "FC1",
        "Pylons/pyramid#1268",
        "A view's renderer is made at the first request and kept, with that request in it.",
        shared_renderer,
    ),
    Fault(
        "locals_not_cleared",
        "FC1",
        "rorodata/firefly#70",
        "A worker's local object is not cleared when a request starts, so it still has the values of"
        " the one before.",
        locals_not_cleared,
    ),
    Fault(
        "log_local_unpatched",
        "FC2",
        "unbit/uwsgi#701",
        "The caller that a line of the log names is kept in a thread-local which was imported before"
        " gevent patched it.",
        log_local_unpatched,
    ),
    Fault(
        "dict_iterated",
        "FC13",
        "cherrypy/cheroot#317",
        "A dict of what is in flight is walked through while other workers add to it and take from it.",
        dict_iterated,
    ),
)
