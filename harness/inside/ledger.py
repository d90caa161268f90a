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


class Signals(Protocol):
    """The module with a framework's signals."""

    request_tearing_down: Any
    appcontext_tearing_down: Any
    appcontext_popped: Any


def keep_ledger(app: Any, signals: Signals, recorder: Recorder) -> None:
    """Register the ledger's callbacks on *app*.

    :param app: has ``teardown_request_funcs`` and ``teardown_appcontext_funcs``, as Flask.
    :param signals: has Flask's signals as attributes: ``targetapp.framework.signals``, ``flask``.
    """
    of_request = app.teardown_request_funcs.setdefault(None, [])
    _surround(of_request, recorder, Callback.TEARDOWN_REQUEST_FIRST, Callback.TEARDOWN_REQUEST_LAST)
    _surround(
        app.teardown_appcontext_funcs,
        recorder,
        Callback.TEARDOWN_APPCONTEXT_FIRST,
        Callback.TEARDOWN_APPCONTEXT_LAST,
    )
    for signal, callback in (
        (signals.request_tearing_down, Callback.REQUEST_TEARING_DOWN),
        (signals.appcontext_tearing_down, Callback.APPCONTEXT_TEARING_DOWN),
        (signals.appcontext_popped, Callback.APPCONTEXT_POPPED),
    ):
        # Strongly: nothing else refers to the receiver.
        signal.connect(_receiver(recorder, callback), app, weak=False)


def _surround(functions: list[Any], recorder: Recorder, first: Callback, last: Callback) -> None:
    """Put a callback at each end; the list is run from its end."""
    functions.append(recorder.note_for(first))
    functions.insert(0, recorder.note_for(last))


def _receiver(recorder: Recorder, callback: Callback) -> Callable[..., None]:
    note = recorder.note_for(callback)

    def receive(sender: object, exc: BaseException | None = None, **_: object) -> None:
        note(exc)

    return receive
