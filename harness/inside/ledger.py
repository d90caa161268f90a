"""The teardown ledger: callbacks of our own among the target's, each to run once an activation.

Registered through Flask's names, so that the target stays unaware: a callback that runs before all
of the target's own and one that runs after them, for each kind of context, and a receiver of each
signal of the teardown. If a teardown callback of the target's that raises stops the later ones,
the last one's entry is missing; if a body is torn down twice, there are two.

To be registered after the application is set up and before its first request: teardown callbacks
run in reverse order of registration. A blueprint's teardown callbacks run before the app's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from harness.history.layout import Callback


class Recorder(Protocol):
    """What records the ledger's entries."""

    def note_for(self, callback: Callback) -> Callable[[BaseException | None], None]:
        """Return the function that records that *callback* ran, and what error it was told of."""


class Signal(Protocol):
    """A blinker signal."""

    def connect(self, receiver: Callable[..., Any], sender: Any = ..., weak: bool = ...) -> Any:
        """Call *receiver* whenever *sender* sends this signal."""

    def disconnect(self, receiver: Callable[..., Any], sender: Any = ...) -> Any:
        """Call *receiver* no more."""


class Signals(Protocol):
    """The module with a framework's signals."""

    request_tearing_down: Any
    appcontext_tearing_down: Any
    appcontext_popped: Any


def keep_ledger(app: Any, signals: Signals, recorder: Recorder) -> Callable[[], None]:
    """Register the ledger's callbacks on *app*; return what takes them away again.

    :param app: has ``teardown_request_funcs`` and ``teardown_appcontext_funcs``, as Flask.
    :param signals: has Flask's signals as attributes: ``targetapp.framework.signals``, ``flask``.
    """
    undo: list[Callable[[], object]] = []
    of_request = app.teardown_request_funcs.setdefault(None, [])
    of_app = app.teardown_appcontext_funcs
    first, last = Callback.TEARDOWN_REQUEST_FIRST, Callback.TEARDOWN_REQUEST_LAST
    undo.append(_surround(of_request, recorder.note_for(first), recorder.note_for(last)))
    first, last = Callback.TEARDOWN_APPCONTEXT_FIRST, Callback.TEARDOWN_APPCONTEXT_LAST
    undo.append(_surround(of_app, recorder.note_for(first), recorder.note_for(last)))
    for signal, callback in (
        (signals.request_tearing_down, Callback.REQUEST_TEARING_DOWN),
        (signals.appcontext_tearing_down, Callback.APPCONTEXT_TEARING_DOWN),
        (signals.appcontext_popped, Callback.APPCONTEXT_POPPED),
    ):
        # Strongly: nothing else refers to the receiver.
        receiver = _receiver(recorder, callback)
        signal.connect(receiver, app, weak=False)
        undo.append(partial(signal.disconnect, receiver))

    def take_away() -> None:
        while undo:
            undo.pop()()

    return take_away


def _surround(functions: list[Any], first: Any, last: Any) -> Callable[[], None]:
    """Put a callback at each end; the list is run from its end."""
    functions.append(first)
    functions.insert(0, last)

    def take_away() -> None:
        for function in (first, last):
            if function in functions:
                functions.remove(function)

    return take_away


def _receiver(recorder: Recorder, callback: Callback) -> Callable[..., None]:
    note = recorder.note_for(callback)

    def receive(sender: object, exc: BaseException | None = None, **_: object) -> None:
        note(exc)

    return receive
