"""The app context: ``current_app`` and ``g``."""

from __future__ import annotations

from typing import Protocol

from werkzeug.routing import MapAdapter

from . import checkpoint, steps, teardown
from . import globals as globals_
from .activation import Activation, restore
from .namespace import AppGlobals
from .signals import appcontext_popped, appcontext_pushed, appcontext_tearing_down
from .signatures import Teardown
from .strays import find_strays, stray_error
from .teardown import Call


class AppContextApp(Protocol):
    """What an app context asks of its app."""

    app_ctx_globals_class: type[AppGlobals]
    teardown_appcontext_funcs: list[Teardown]

    def create_url_adapter(self, request: None) -> MapAdapter | None:
        """Return what builds URLs outside a request."""


class AppContext(Activation):
    """Makes an app ``current_app``, with a ``g`` of its own."""

    def __init__(self, app: AppContextApp) -> None:
        self._seats = []
        self.app = app
        self.g = app.app_ctx_globals_class()

    @property
    def url_adapter(self) -> MapAdapter | None:
        """What builds URLs outside a request; None unless ``SERVER_NAME`` is set."""
        return self.app.create_url_adapter(None)

    def begin(self) -> BaseException | None:
        """Make this the current app context.

        :returns: what a receiver of ``appcontext_pushed`` raised. The context stays pushed: whoever
            pushes a request context on it goes on, and raises this later.
        """
        storage = globals_.app_var
        previous = storage.get(None)
        first = not self._seats and not self._held
        if first:
            self.previous = previous
        self._seats.append((storage.set(self), previous))
        try:
            if first:
                checkpoint.hook(steps.APP_CONTEXT_PUSH, self)
            checkpoint.hook(steps.APPCONTEXT_PUSHED, self)
            if appcontext_pushed.receivers:
                appcontext_pushed.send(self.app)
        except BaseException as error:
            return error
        return None

    def activate(self) -> None:
        """Make this the current app context; raise what a receiver raised."""
        error = self.begin()
        if error is not None:
            try:
                teardown.raise_again(error)
            finally:
                del error

    def is_current(self) -> bool:
        """Tell whether this is the current app context here."""
        return globals_.app_var.get(None) is self

    def is_below(self) -> bool:
        """Tell whether this is one of the app contexts pushed here."""
        context = globals_.app_var.get(None)
        while context is not None and context is not self:
            context = context.previous
        return context is self

    def unseat(self) -> None:
        """Undo the latest of several pushes; the signal is sent each time, as in Flask 3.1.3."""
        token, previous = self._seats.pop()
        restore(globals_.app_var, token, previous)
        checkpoint.hook(steps.APPCONTEXT_POPPED, self)
        appcontext_popped.send(self.app)

    def hold(self) -> None:
        """Leave the variable but stay active."""
        token, previous = self._seats[0]
        self._seats.clear()
        self._held = True
        restore(globals_.app_var, token, previous)

    def seat(self) -> None:
        """Be current here without an announcement: to tear down away from where it was pushed."""
        storage = globals_.app_var
        previous = storage.get(None)
        self._seats[:] = [(storage.set(self), previous)]
        self._held = False

    def take_over(self, seat: tuple[object, object]) -> bool:
        """No longer be held: by the *seat* a request context had for it, unless it has its own."""
        self._held = False
        if self._seats:
            return False
        self._seats.append(seat)
        return True

    def detach(self) -> None:
        """Become a stray."""
        self.hold()
        self._stray = True

    def end(self, exc: BaseException | None) -> list[BaseException]:
        """Tear down, here or wherever it was pushed; strays in it are ended after it."""
        strays: list[Activation] = []
        if not self.is_current() or not self._seats:
            found = find_strays(self, None) if self._seats else None
            if found:
                strays = found
                for stray in strays:  # the latest first, so that this context comes to light
                    stray.detach()
            else:
                self.seat()
        errors = self.finish(exc, [])
        for stray in strays:
            if stray.active:
                teardown.move(stray.end(exc), errors)
                errors.append(stray_error(stray, self))
        return errors

    def finish(self, exc: BaseException | None, calls: list[Call]) -> list[BaseException]:
        """Tear down while current, after making *calls*; return what was raised."""
        hook = checkpoint.hook
        watched = hook is not checkpoint.nothing
        if watched:
            calls.append((hook, (steps.TEARDOWN_APPCONTEXT, self)))
        arguments = (exc,)
        calls += [(function, arguments) for function in reversed(self.app.teardown_appcontext_funcs)]
        if watched:
            calls.append((hook, (steps.APPCONTEXT_TEARING_DOWN, self)))
        if appcontext_tearing_down.receivers:
            calls += teardown.receivers(appcontext_tearing_down, self.app, exc=exc)
        errors = teardown.run_guarded(calls) if calls else []
        token, previous = self._seats[0]
        self._seats.clear()
        restore(globals_.app_var, token, previous)
        self.previous = None
        self._held = self._stray = False
        calls = []
        if watched:
            calls.append((hook, (steps.APP_CONTEXT_POP, self)))
            calls.append((hook, (steps.APPCONTEXT_POPPED, self)))
        if appcontext_popped.receivers:
            calls += teardown.receivers(appcontext_popped, self.app)
        if calls:
            teardown.move(teardown.run_guarded(calls), errors)
        return errors

    def __repr__(self) -> str:
        return f"app context of {self.app!r}"
