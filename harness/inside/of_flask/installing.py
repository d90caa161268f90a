"""Finds the Flask applications in what was loaded, and observes them; says in one line why it can't."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.history.layout import Callback
from harness.inside.census import Census
from harness.inside.ledger import keep_ledger
from harness.inside.observer import WAYS, Observer
from harness.inside.recording import Note
from harness.inside.routes.finding import candidates
from harness.inside.visitors import NO_CONTEXTS
from harness.inside.yields import Pause
from harness.target import contexts_here

from .contexts import Lives
from .looking import FLASK_WAYS
from .patching import Patches
from .steps import Steps

#: The versions whose cycle is known.
KNOWN = ("2.3", "3.0", "3.1")


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of it.

    :param framework: such as ``Flask 3.1.3``; empty if no context is observed.
    :param doubt: why not, if there is a Flask; '' otherwise.
    :param undo: puts the applications back as they were.
    """

    framework: str = ""
    doubt: str = ""
    undo: Callable[[], None] = lambda: None


def observe_flask(app: Any, observer: Observer, *, pause: Pause | None = None) -> Observed:
    """Let *observer* see the contexts of the Flask applications in *app*, before their first request.

    :param app: an application, perhaps behind middleware.
    :param pause: lets others run at the checkpoints.
    """
    apps = find_flasks(app)
    if not apps:
        return Observed()
    version = _version()
    contexts = contexts_here()
    classes = _context_classes()
    if version.rpartition(".")[0] not in KNOWN or contexts is None or classes is None:
        return Observed(doubt=_unknown(version))
    patches = Patches()
    # What Flask leaves to the collector (a request that ended in a 404, say) is how Flask is made.
    census = Census(observer.locality, cycles=False)
    observer.turn_to(contexts, frozenset(apps), FLASK_WAYS, pause=pause, census=census)
    lives = Lives(frozenset(apps), contexts, observer.locality, observer.hook, patches)
    try:
        lives.follow(*classes)
        _announce(frozenset(apps), lives, observer, patches)
    except Exception as error:  # an application may be built in ways that nobody thought of
        patches.undo()
        observer.turn_to(NO_CONTEXTS, None, WAYS)
        return Observed(doubt=f"{_unknown(version)} ({type(error).__name__}: {error})")
    return Observed(f"Flask {version}", undo=patches.undo)


def find_flasks(app: Any) -> list[Any]:
    """Return the Flask applications that *app* is or wraps."""
    module = sys.modules.get("flask")
    flask = getattr(module, "Flask", None)
    # By type: a proxy says that it is what it stands for, and runs code for that.
    return [] if flask is None else [found for found in candidates(app) if issubclass(type(found), flask)]


def _announce(apps: frozenset[Any], lives: Lives, observer: Observer, patches: Patches) -> None:
    """Put in place what announces the steps, and the ledger."""
    steps = Steps(lives, patches, observer.note_for(Callback.AFTER_THIS_REQUEST))
    signals = sys.modules["flask.signals"]
    notes = _Notes(observer)
    for app in apps:
        steps.announce_app(app)
        patches.on_undo(keep_ledger(app, signals, notes))
    for interface in {id(app.session_interface): app.session_interface for app in apps}.values():
        steps.announce_sessions(interface, apps)
    steps.announce_signals(signals, apps)


class _Notes:
    """The ledger's entries, less those of a context whose count did not go back to 0."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def note_for(self, callback: Callback) -> Note:
        """Return what records that *callback* ran."""
        note = self._observer.note_for(callback)
        if callback is not Callback.APPCONTEXT_POPPED:
            return note

        def popped(error: BaseException | None) -> None:
            # Flask sends this signal for each pop.
            if self._observer.locality.here().popped:
                note(error)

        return popped


def _version() -> str:
    try:
        return importlib.metadata.version("flask")
    except importlib.metadata.PackageNotFoundError:
        return ""


def _context_classes() -> tuple[type, type] | None:
    module = sys.modules.get("flask.ctx")
    found = getattr(module, "AppContext", None), getattr(module, "RequestContext", None)
    return found if all(isinstance(each, type) for each in found) else None  # type: ignore[return-value]


def _unknown(version: str) -> str:
    known = f"{', '.join(KNOWN[:-1])} and {KNOWN[-1]}"
    return (
        f"Flask {version or 'of an unknown version'} keeps its contexts in a way that is not known here "
        f"({known} are): they were not looked at, and the application was judged by its answers alone"
    )
