"""The steps of Flask's cycle, announced by what Flask calls on its application, its contexts and its signals.

Flask calls every part of its cycle as a public method of the application, or sends a signal: each has a thin
wrapper on this one application here. Two steps begin between two calls, and stand first in the application's
own lists of callbacks. A step is one of the context that Flask would use for it: the current one, or that
which is being popped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from harness.history.steps import Step

from .contexts import Lives
from .patching import Patches

_Call = Callable[..., Any]

#: Methods of an application that begin a step: what it is.
_BEGINS = {
    "preprocess_request": Step.URL_VALUE_PREPROCESSOR,
    "handle_user_exception": Step.HANDLE_USER_EXCEPTION,
    "finalize_request": Step.MAKE_RESPONSE,
    "handle_exception": Step.HANDLE_EXCEPTION,
}
#: Methods that return the response, which Flask calls next.
_ENDS = ("full_dispatch_request", "handle_exception")
#: Signals that are a step of the current request context.
_SIGNALS = {"request_started": Step.REQUEST_STARTED, "request_finished": Step.REQUEST_FINISHED}


class Steps:
    """Puts the wrappers in place.

    :param ran_after: told when an ``after_this_request`` function is run again, and the first time.
    """

    def __init__(self, lives: Lives, patches: Patches, ran_after: Callable[[None], None]) -> None:
        self._lives = lives
        self._current, self._hook = lives.current, lives.hook
        self._patches = patches
        self._ran_after = ran_after

    def announce_app(self, app: Any) -> None:
        """Announce the steps of one application."""
        wrap = self._patches.wrap
        for method, step in _BEGINS.items():
            wrap(app, method, self._beginning(step))
        for method in _ENDS:
            wrap(app, method, self._ending)
        wrap(app, "dispatch_request", self._dispatching)
        wrap(app, "ensure_sync", self._calling)
        wrap(app, "process_response", self._processing)
        wrap(app, "do_teardown_request", self._tearing_down_request)
        wrap(app, "do_teardown_appcontext", self._tearing_down_app)
        self._stand_first(app)

    def announce_sessions(self, interface: Any, apps: frozenset[Any]) -> None:
        """Announce where a session is opened and saved."""

        def opening(open_session: _Call) -> _Call:
            def wrapper(app: Any, *args: Any, **named: Any) -> Any:
                context = self._current()
                if app in apps and getattr(context, "crosstalk_entering", False):
                    self._lives.request_pushed(context)
                    self._hook(Step.OPEN_SESSION.label, context)
                return open_session(app, *args, **named)

            return wrapper

        def saving(save_session: _Call) -> _Call:
            def wrapper(app: Any, *args: Any, **named: Any) -> Any:
                context = self._current()
                if app in apps and context is not None:
                    self._lives.find_session(context)
                    self._hook(Step.SAVE_SESSION.label, context)
                return save_session(app, *args, **named)

            return wrapper

        self._patches.wrap(interface, "open_session", opening)
        self._patches.wrap(interface, "save_session", saving)

    def announce_signals(self, signals: Any, apps: Iterable[Any]) -> None:
        """Announce what is about to be signalled, whatever order its receivers are called in."""
        lives, hook = self._lives, self._hook
        ids = frozenset(map(id, apps))

        def at_current(step: str) -> Callable[[], None]:
            def announce() -> None:
                context = lives.current()
                if context is not None:
                    hook(step, context)

            return announce

        def at_popping(step: str, *, request: bool) -> Callable[[], None]:
            def announce() -> None:
                context = lives.popping(request=request)
                if context is not None:
                    hook(step, context)

            return announce

        table: dict[str, Callable[[], object]] = {
            **{name: at_current(step.label) for name, step in _SIGNALS.items()},
            "appcontext_pushed": lives.app_pushed,
            "request_tearing_down": at_popping(Step.REQUEST_TEARING_DOWN.label, request=True),
            "appcontext_tearing_down": at_popping(Step.APPCONTEXT_TEARING_DOWN.label, request=False),
            "appcontext_popped": lives.app_popped,
        }
        for name, announce in table.items():
            self._patches.wrap(getattr(signals, name), "send", _sending(announce, ids))

    def _beginning(self, step: Step) -> Callable[[_Call], _Call]:
        label, current, hook = step.label, self._current, self._hook

        def wrap(method: _Call) -> _Call:
            def wrapper(*args: Any, **named: Any) -> Any:
                context = current()
                if context is not None:
                    hook(label, context)
                return method(*args, **named)

            return wrapper

        return wrap

    def _ending(self, method: _Call) -> _Call:
        label, current, hook = Step.START_RESPONSE.label, self._current, self._hook

        def wrapper(*args: Any, **named: Any) -> Any:
            response = method(*args, **named)
            context = current()
            if context is not None:
                hook(label, context)
            return response

        return wrapper

    def _dispatching(self, dispatch_request: _Call) -> _Call:
        label = Step.DISPATCH_REQUEST.label

        def wrapper(*args: Any, **named: Any) -> Any:
            context = self._current()
            if context is None:
                return dispatch_request(*args, **named)
            self._hook(label, context)
            # The first function that is now made callable is the view.
            context.crosstalk_dispatching = True
            try:
                return dispatch_request(*args, **named)
            finally:
                context.crosstalk_dispatching = False

        return wrapper

    def _calling(self, ensure_sync: _Call) -> _Call:
        label, current, hook = Step.VIEW.label, self._current, self._hook

        def wrapper(*args: Any, **named: Any) -> Any:
            context = current()
            if getattr(context, "crosstalk_dispatching", False):
                context.crosstalk_dispatching = False
                hook(label, context)
            return ensure_sync(*args, **named)

        return wrapper

    def _processing(self, process_response: _Call) -> _Call:
        label = Step.AFTER_THIS_REQUEST.label

        def wrapper(*args: Any, **named: Any) -> Any:
            context = self._current()
            if context is not None:
                self._hook(label, context)
                self._note_after(context)
                context.crosstalk_processing = True
            return process_response(*args, **named)

        return wrapper

    def _note_after(self, context: Any) -> None:
        """Enter into the ledger that the functions of ``after_this_request`` run, or run again."""
        functions = getattr(context, "_after_request_functions", None)
        first = functions[0] if functions else None
        known = getattr(context, "crosstalk_first_after", None)
        # One that was not there before runs for the first time, however often the others did.
        if first is not None and (known is None or known is first):
            context.crosstalk_first_after = first
            self._ran_after(None)

    def _tearing_down_request(self, do_teardown: _Call) -> _Call:
        begin, close = Step.TEARDOWN_REQUEST.label, Step.REQUEST_CLOSE.label

        def wrapper(*args: Any, **named: Any) -> Any:
            context = self._lives.popping(request=True)
            if context is None:
                return do_teardown(*args, **named)
            self._hook(begin, context)
            done = do_teardown(*args, **named)
            self._hook(close, context)
            return done

        return wrapper

    def _tearing_down_app(self, do_teardown: _Call) -> _Call:
        label = Step.TEARDOWN_APPCONTEXT.label

        def wrapper(*args: Any, **named: Any) -> Any:
            context = self._lives.popping(request=False)
            if context is not None:
                self._hook(label, context)
            return do_teardown(*args, **named)

        return wrapper

    def _stand_first(self, app: Any) -> None:
        """Stand first among what runs before a request, and among what runs after it."""
        before, after = Step.BEFORE_REQUEST.label, Step.AFTER_REQUEST.label

        def before_request() -> None:
            context = self._current()
            if context is not None:
                self._hook(before, context)

        def after_request(response: Any) -> Any:
            context = self._current()
            # Once: a blueprint's own functions come before the application's.
            if getattr(context, "crosstalk_processing", False):
                context.crosstalk_processing = False
                self._hook(after, context)
            return response

        self._patches.insert(app.before_request_funcs.setdefault(None, []), 0, before_request)
        app.after_request_funcs.setdefault(None, [])
        for functions in app.after_request_funcs.values():
            self._patches.insert(functions, len(functions), after_request)


def _sending(announce: Callable[[], object], ids: frozenset[int]) -> Callable[[_Call], _Call]:
    def wrap(send: _Call) -> _Call:
        def wrapper(*sender: Any, **named: Any) -> Any:
            if sender and id(sender[0]) in ids:
                announce()
            return send(*sender, **named)

        return wrapper

    return wrap
