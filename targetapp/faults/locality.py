"""Contexts and values kept where another worker finds them."""

from __future__ import annotations

import sys
import threading
from contextvars import ContextVar
from typing import Any

from targetapp.framework import App, g
from targetapp.framework import globals as globals_
from targetapp.framework.namespace import AppGlobals
from targetapp.probes import callbacks
from targetapp.probes.canaries import canary_of_request, to_text

from .fault import Fault
from .switching import undo_with


class GlobalSlot:
    """One slot for the whole process, with a ContextVar's methods."""

    def __init__(self) -> None:
        self.value: Any = None

    def get(self, default: Any = None, /) -> Any:
        """Return what is there, whoever put it."""
        return default if self.value is None else self.value

    def set(self, value: Any, /) -> Any:
        """Replace what is there; the token is what was there before."""
        token, self.value = self.value, value
        return token

    def reset(self, token: Any, /) -> None:
        """Put back what was there before: right as long as nobody else came in between."""
        self.value = token


class ThreadSlot:
    """One slot for each thread, also where each thread runs many greenlets."""

    def __init__(self) -> None:
        monkey = sys.modules.get("gevent.monkey")
        local = threading.local if monkey is None else monkey.get_original("_thread", "_local")
        self._local = local()

    def get(self, default: Any = None, /) -> Any:
        """Return what this thread holds."""
        value = getattr(self._local, "value", None)
        return default if value is None else value

    def set(self, value: Any, /) -> Any:
        """Replace what this thread holds; the token is what it held before."""
        token = getattr(self._local, "value", None)
        self._local.value = value
        return token

    def reset(self, token: Any, /) -> None:
        """Put back what this thread held before."""
        self._local.value = token


def global_request(_app: App) -> None:
    """Keep the current contexts in module globals."""
    before = globals_.replace_storage(GlobalSlot(), GlobalSlot())
    undo_with(lambda: _ignore(globals_.replace_storage(*before)))


def tl_unpatched(_app: App) -> None:
    """Keep the current contexts in a thread-local that gevent did not patch."""
    before = globals_.replace_storage(ThreadSlot(), ThreadSlot())
    undo_with(lambda: _ignore(globals_.replace_storage(*before)))


def _ignore(_: object) -> None:
    pass


def app_ctx_for_life(app: App) -> None:
    """Give every app context the same g."""
    shared = AppGlobals()

    class ForLife(AppGlobals):
        """A g that is made once."""

        def __new__(cls) -> AppGlobals:  # type: ignore[misc]
            return shared

    app.app_ctx_globals_class = ForLife


def auth_on_extension(app: App) -> None:
    """Keep the caller on an extension object, from the start of a request to its response."""

    class Extension:
        canary = 0

    def remember() -> None:
        Extension.canary = canary_of_request()

    def answer(response: Any) -> Any:
        response.headers[callbacks.ECHO_HEADER] = to_text(Extension.canary)
        return response

    app.before_request_funcs[None].append(remember)
    # First in the list runs last: after the probes' own.
    app.after_request_funcs[None].insert(0, answer)


def cv_not_reset(app: App) -> None:
    """Keep the caller in a context variable that is set and never reset."""
    caller: ContextVar[int] = ContextVar("caller", default=0)

    def load() -> None:
        if caller.get():
            g.canary = caller.get()
        caller.set(canary_of_request())

    app.before_request_funcs[None].insert(0, load)


FAULTS = (
    Fault(
        "global_request",
        "FC1",
        "the contexts of a single-threaded program; compare miguelgrinberg/Flask-HTTPAuth#3",
        "The current contexts are kept in module globals, so two requests in flight see each other's.",
        global_request,
    ),
    Fault(
        "tl_unpatched",
        "FC2",
        "bottlepy/bottle#896, unbit/uwsgi#701",
        "The current contexts are kept in a thread-local made before gevent patched it, so the"
        " greenlets of one thread share them.",
        tl_unpatched,
    ),
    Fault(
        "app_ctx_for_life",
        "FC1",
        "maxcountryman/flask-login#721",
        "All app contexts of the process share one g, so what a request put there is never gone.",
        app_ctx_for_life,
    ),
    Fault(
        "auth_on_extension",
        "FC1",
        "miguelgrinberg/Flask-HTTPAuth#3",
        "The caller is an attribute of an extension object, which the next caller overwrites.",
        auth_on_extension,
    ),
    Fault(
        "cv_not_reset",
        "FC4",
        "getsentry/sentry-docs#1713, sparckles/Robyn#1384",
        "A context variable is set by each request and never reset, so the worker's next request"
        " begins with it.",
        cv_not_reset,
    ),
)
