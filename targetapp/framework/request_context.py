"""The request context: ``request`` and ``session``, and the app context that belongs to it.

Rules: a request context has an app context, and so a ``g``, of its own, whatever is active around
it, unless ``REUSE_APP_CONTEXT`` says otherwise. Nothing it refers to refers back to it once it ended,
so it dies without the gc.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol, Self

from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from . import checkpoint, steps, teardown
from . import globals as globals_
from .activation import Activation, restore
from .app_context import AppContext
from .namespace import AppGlobals
from .sessions import SessionApp, SessionInterface, SessionMixin
from .signals import request_tearing_down
from .signatures import AfterRequest, Scope, Teardown
from .strays import find_strays, stray_error
from .teardown import Call
from .wrappers import Request, answering_scopes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class RequestContextApp(SessionApp, Protocol):
    """What a request context asks of its app."""

    json: Any
    request_class: type[Request]
    session_interface: SessionInterface
    teardown_request_funcs: dict[Scope, list[Teardown]]

    @property
    def logger(self) -> logging.Logger:
        """What errors are told to that nobody else can be told."""

    def app_context(self) -> AppContext:
        """Return a new app context."""

    def create_url_adapter(self, request: Request) -> MapAdapter | None:
        """Return what matches and builds URLs for *request*; may raise an HTTPException."""


class RequestContext(Activation):
    """Makes one request ``request`` and its session ``session``."""

    #: What a receiver of ``appcontext_pushed`` raised: to be raised when the request starts.
    kept: Exception | None = None
    #: Bodies of ``stream_with_context`` that are not at their end.
    streams = 0
    #: Those of them that run at this moment, on whatever thread.
    running = 0
    #: The messages taken out of the session by ``get_flashed_messages``.
    flashes: list[tuple[str, str]] | None = None
    #: What the teardowns of a held context will be told, unless its body fails.
    error: BaseException | None = None
    #: The ``id`` of the stream that is the whole body of its held response, 0 for none: what else
    #: was streamed (a response that an error replaced) does not keep it.
    sole = 0
    #: What teardowns raise while its response is being closed; None at any other time.
    late: list[BaseException] | None = None
    #: Whether the answer has no body to send (HEAD, 204): then an unread one is not cut short.
    bodyless = False
    #: Whether its app context is another's, which ends that one.
    _reused = False

    def __init__(
        self,
        app: RequestContextApp,
        environ: WSGIEnvironment,
        request: Request | None = None,
        session: SessionMixin | None = None,
    ) -> None:
        self._seats = []
        self.app = app
        if request is None:
            request = app.request_class(environ)
            request.json_module = app.json
        self.request = request
        self.session = session
        self.app_context = app.app_context()
        self.after_this_request: list[AfterRequest] = []
        #: Errors that were answered; see :meth:`_forget`.
        self.answered: list[BaseException] = []
        self._strays: list[Activation] = []
        self.url_adapter: MapAdapter | None = None
        try:
            self.url_adapter = app.create_url_adapter(request)
        except HTTPException as error:
            request.routing_exception = error.with_traceback(None)

    @property
    def g(self) -> AppGlobals:
        """The ``g`` of its app context."""
        return self.app_context.g

    def copy(self) -> Self:
        """Return a context for the same Request and session objects, with a new ``g``."""
        return type(self)(self.app, self.request.environ, self.request, self.session)

    # -- from 0 to 1 ---------------------------------------------------------------------------

    def begin(self) -> None:
        """Make app and request current, open the session, match the URL.

        What goes wrong is raised and leaves the context pushed. An error of an
        ``appcontext_pushed`` receiver is kept in :attr:`kept` instead.
        """
        if self.app.config["REUSE_APP_CONTEXT"]:
            self._reuse()
        app_context = self.app_context
        failed: BaseException | None = None
        app_seat = None
        storage = globals_.request_var
        if self._seats or self._held or app_context.active:
            app_storage = globals_.app_var
            previous_app = app_storage.get(None)
            app_seat = app_storage.set(app_context), previous_app
        else:
            app_context.pushed_at = self.pushed_at
            failed = app_context.begin()
        previous = storage.get(None)
        first = not self._seats and not self._held
        self._seats.append((storage.set(self), previous, app_seat))
        if not first:
            return
        self.previous = previous
        if failed is not None and not isinstance(failed, Exception):
            try:
                teardown.raise_again(failed)
            finally:
                del failed
        self.kept, failed = failed, None  # its traceback holds this frame
        checkpoint.hook(steps.REQUEST_CONTEXT_PUSH, self)
        if self.session is None:
            checkpoint.hook(steps.OPEN_SESSION, self)
            interface = self.app.session_interface
            session = interface.open_session(self.app, self.request)
            if session is None:
                session = interface.make_null_session(self.app)
            self.session = session
        if self.url_adapter is not None:
            checkpoint.hook(steps.MATCH_REQUEST, self)
            self.match_request(self.url_adapter)

    def _reuse(self) -> None:
        """Take the app context that is active here for its own, if it is the same app's, as Flask 3.1 does.

        Its ``g`` is shared then, and its teardown is left to whoever pushed it.
        """
        if self.active:
            return
        around = globals_.app_var.get(None)
        if around is not None and around.app is self.app:
            self.app_context, self._reused = around, True
        elif self._reused:
            self.app_context, self._reused = self.app.app_context(), False

    def match_request(self, adapter: MapAdapter) -> None:
        """Find the rule for the URL; the session is open, so converters can use it."""
        request = self.request
        try:
            request.url_rule, arguments = adapter.match(return_rule=True)
            request.view_args = dict(arguments)
        except HTTPException as error:
            # Tracebacks, also that of what it was raised for, hold this frame, and so this context,
            # which holds the error.
            error.__context__ = None
            request.routing_exception = error.with_traceback(None)

    def activate(self) -> None:
        """Do :meth:`begin`, and raise what it kept."""
        self.begin()
        self.raise_kept()

    def raise_kept(self) -> None:
        """Raise what a receiver of ``appcontext_pushed`` raised, if any did."""
        kept = self.kept
        if kept is not None:
            self.kept = None
            try:
                teardown.raise_again(kept)
            finally:
                del kept

    # -- where it is ---------------------------------------------------------------------------

    def is_current(self) -> bool:
        """Tell whether this and its app context are the current ones here."""
        return globals_.request_var.get(None) is self and globals_.app_var.get(None) is self.app_context

    def is_below(self) -> bool:
        """Tell whether this is one of the request contexts pushed here."""
        context = globals_.request_var.get(None)
        while context is not None and context is not self:
            context = context.previous
        return context is self

    def _leave(self, seat: Any) -> None:
        """Undo one seat of the request variable and, if it is not the activation's, the app's."""
        token, previous, app_seat = seat
        restore(globals_.request_var, token, previous)
        if app_seat is not None:
            restore(globals_.app_var, *app_seat)

    def unseat(self) -> None:
        """Undo the latest of several pushes."""
        self._leave(self._seats.pop())

    def hold(self) -> None:
        """Leave the variables but stay active: a streamed body, or :meth:`end`, ends it."""
        self.take_strays()
        self._release()

    def _release(self) -> None:
        seat = self._seats[0]
        self._seats.clear()
        self._held = True
        self._leave(seat)
        if seat[2] is None:
            self.app_context.hold()

    def seat(self) -> None:
        """Be current here without an announcement."""
        app_seat = None
        if self._reused or (self._seats and self._seats[0][2] is not None):
            app_storage = globals_.app_var
            previous_app = app_storage.get(None)
            app_seat = app_storage.set(self.app_context), previous_app
        else:
            self.app_context.seat()
        storage = globals_.request_var
        previous = storage.get(None)
        self._seats[:] = [(storage.set(self), previous, app_seat)]
        self._held = False

    def detach(self) -> None:
        """Become a stray, together with its app context."""
        self._release()
        self._stray = True

    def take_strays(self) -> bool:
        """Take what user code left pushed inside this context; tell whether this is one of those here.

        Afterwards this context is current. What was taken is ended by :meth:`end`.
        """
        if self.is_current():
            return True
        found = find_strays(self.app_context, self)
        if not found:
            return False
        for stray in found:  # the latest first, so that this context is what comes to light
            stray.detach()
        self._strays += found
        return True

    # -- from 1 to 0 ---------------------------------------------------------------------------

    def let_go(self, exc: BaseException | None) -> list[BaseException]:
        """End a held context, unless someone pushed it again: then the last pop does.

        *exc* counts only if no error was held already.
        """
        if not self._held:
            return []
        error, self.error = self.error, None
        if not self._seats:
            return self.end(error or exc)
        self._held = False
        token, previous, app_seat = self._seats[0]
        if app_seat is not None and not self._reused and self.app_context.take_over(app_seat):
            self._seats[0] = token, previous, None
        return []

    def end(self, exc: BaseException | None) -> list[BaseException]:
        """Tear down, here or wherever it was pushed; strays in it are ended after it."""
        if not self._seats or not (self.is_current() or self.take_strays()):
            self.seat()
        hook = checkpoint.hook
        watched = hook is not checkpoint.nothing
        errors = teardown.run_guarded(self._request_calls(exc))
        seat = self._seats[0]
        self._seats.clear()
        self.previous = None
        self._held = self._stray = False
        restore(globals_.request_var, seat[0], seat[1])
        self.request.environ["werkzeug.request"] = None
        calls: list[Call] = []
        if watched:
            calls.append((hook, (steps.REQUEST_CONTEXT_POP, self)))
        if seat[2] is None:
            teardown.move(self.app_context.finish(exc, calls), errors)
        else:
            teardown.move(teardown.run_guarded(calls), errors)
            restore(globals_.app_var, *seat[2])
        strays, self._strays = self._strays, []
        for stray in strays:
            if stray.active:
                teardown.move(stray.end(exc), errors)
                errors.append(stray_error(stray, self))
        if self.answered:
            self._forget()
        return errors

    def _request_calls(self, exc: BaseException | None) -> list[Call]:
        """Return the request's part of the teardown: callbacks, signal, ``request.close``."""
        calls: list[Call] = []
        app = self.app
        hook = checkpoint.hook
        watched = hook is not checkpoint.nothing
        if watched:
            calls.append((hook, (steps.TEARDOWN_REQUEST, self)))
        functions_by_scope = app.teardown_request_funcs
        if functions_by_scope:
            arguments = (exc,)
            for scope in answering_scopes(self.request.endpoint):
                calls += [(function, arguments) for function in reversed(functions_by_scope.get(scope, ()))]
        if watched:
            calls.append((hook, (steps.REQUEST_TEARING_DOWN, self)))
        if request_tearing_down.receivers:
            calls += teardown.receivers(request_tearing_down, app, exc=exc)
        if watched:
            calls.append((hook, (steps.REQUEST_CLOSE, self)))
        calls.append((self.request.close, ()))
        return calls

    def _forget(self) -> None:
        """Free what the errors that were answered hold: frames, and through them this context.

        A handler may have kept one, and a program may raise the same HTTPException object for
        each request, which would keep every request alive.
        """
        for error in self.answered:
            error.__traceback__ = error.__context__ = error.__cause__ = None
        self.answered.clear()

    def __repr__(self) -> str:
        return f"request context of {self.request!r}"
