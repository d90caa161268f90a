"""What one framework did with one case: events in order, each with what was current then."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import werkzeug.exceptions

from tests.differential.frameworks import Framework
from tests.differential.repairs import Repair, join
from tests.differential.values import name_of

#: The environ key under which a request carries its name.
NAME_KEY = "differential.name"
#: The environ key under which a request remembers whether its session was opened empty.
OPENED_KEY = "differential.opened empty"
#: The end of the word that notes an error in a guarded function.
FAILS = " fails"


#: What the server does, as events.
STEPS = CALL, RETURNED, CHUNK, CLOSE, DROP, DONE = (
    *("> call", "< returned", "> next"),
    *("> close", "> drop", "< done"),
)


class Event(NamedTuple):
    """One entry of a log.

    *state* says what was current: ``A1.2`` an app context with the second ``g`` first seen during
    request 1, ``R1`` the request context of request 1, ``-`` nothing.
    """

    word: str
    text: str = ""
    state: str = "-"

    def __str__(self) -> str:
        told = f"({self.text})" if self.text else ""
        return f"{self.word}{told}  [{self.state}]"


@dataclass
class Run:
    """The state of one run: logs by request, and the repairs of Flask that are on (``repairs.py``)."""

    framework: Framework
    repairs: frozenset[Repair] = frozenset()
    logs: list[list[Event]] = field(default_factory=list)
    #: The request that is served at this moment, from 0.
    current: int = 0
    #: What the server is doing, a word of its own.
    step: str = ""
    #: The app context that is shown when none is current: what a repair hides.
    around: str = ""
    #: What is shown whatever is current, under a repair that hides a stray context.
    instead: str | None = None
    #: The request that is shown then.
    request_instead: str = ""
    #: Under a repair: what a receiver of ``appcontext_pushed`` raised, to be raised later.
    pending: BaseException | None = None
    #: Under a repair: what teardowns raised, to be raised when all have run.
    kept: list[BaseException] = field(default_factory=list)
    #: Under a repair: contexts left pushed, and what the request's teardowns were told.
    strays: list[Any] = field(default_factory=list)
    told: BaseException | None = None
    app: Any = None
    _names_of_g: list[tuple[Any, str]] = field(default_factory=list)

    @property
    def api(self) -> Any:
        """The framework's public names."""
        return self.framework.api

    def abort(self, what: Any, *more: Any) -> NoReturn:
        """Do the framework's ``abort``; Werkzeug's where a repair hides the app context with None."""
        hidden = self.framework.app_var.get(self) is None
        (werkzeug.exceptions if hidden else self.api).abort(what, *more)
        raise AssertionError("abort returned")

    def note(self, word: str, text: object = "") -> None:
        """Add an event to the log of the current request."""
        self.logs[self.current].append(Event(word, str(text), self.state()))

    def teardown(self, word: str, function: Callable[[], object]) -> None:
        """Call *function*, part of a teardown; keep what it raises under :attr:`Repair.TEARDOWN_STOPS`."""
        error = self.failing(word, function)
        if error is None:
            return
        if Repair.TEARDOWN_STOPS not in self.repairs:
            raise error
        self.kept.append(error)

    def failing(self, word: str, function: Callable[[], object]) -> BaseException | None:
        """Call *function*; note and return what it raises: this is what Flask falls over."""
        try:
            function()
        except BaseException as error:
            self.note(f"{word}{FAILS}", name_of(error))
            return error
        return None

    def state(self) -> str:
        """Return what is current."""
        if self.instead is not None:
            return self.instead
        return " ".join(part for part in self._current() if part) or "-"

    def _current(self) -> tuple[str, str]:
        app, request = self.around, ""
        if self.api.has_app_context():
            app = f"A{self._name_of_g()}"
        if self.api.has_request_context():
            request = f"R{self.api.request.environ.get(NAME_KEY, '?')}"
        return app, self.request_instead or request

    def _name_of_g(self) -> str:
        current = self.api.g._get_current_object()
        for known, name in self._names_of_g:
            if known is current:
                return name
        count = sum(name.startswith(f"{self.current}.") for _, name in self._names_of_g)
        name = f"{self.current}.{count + 1}"
        self._names_of_g.append((current, name))
        return name

    def all_torn_down(self, function: Callable[[], None]) -> None:
        """Call *function*, which pushes and pops a context; raise what the teardowns in it kept."""
        before, self.kept = self.kept, []
        leaving: BaseException | None = None
        handled = sys.exception()
        try:
            function()
        except BaseException as error:
            leaving = error
        errors, self.kept = self.kept, before
        if errors:
            leaving = join(leaving, errors)
            if leaving.__context__ is None:  # raised just here, in the handling of this
                leaving.__context__ = handled
        if leaving is not None:
            context = leaving.__context__
            try:
                raise leaving
            finally:  # not what is being handled around this: that is what the frameworks are asked about
                leaving.__context__ = context

    def on_a_thread(self, function: Callable[[], None]) -> None:
        """Call *function* on another thread, where nothing is current, and wait for it."""
        before, self.around = self.around, ""
        thread = threading.Thread(target=function)
        thread.start()
        thread.join()
        self.around = before

    @contextmanager
    def app_hidden(self) -> Iterator[None]:
        """Make no app context be current; the one that is there is shown as current all the same."""
        shown = self.state().split()[0]
        before, self.around = self.around, shown if shown.startswith("A") else ""
        token = self.framework.app_var.set(None)
        try:
            yield
        finally:
            self.framework.app_var.reset(token)
            self.around = before
