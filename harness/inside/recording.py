"""The functions that write records while a request runs; every instruction here is paid 30 times.

The rule this file guards: *one flat function per event.* Two functions make the same look, written
out in each, since a call costs a tenth of it; closures bind what does not change, and
:mod:`harness.inside.rows` has packed what does not change within an operation. The framework's
variables are read as attributes at each call: a fault replaces them.

Anything unexpected (nothing known here yet, a full segment, a value that is no canary, a request
without an environ) ends up in the slow path, which makes the look again with care and uses the
record's number if it was taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, TypeAlias

from harness.history.journal import JournalWriter
from harness.history.layout import Callback, Outcome
from harness.target import Contexts

from . import sight
from .locality import Here, Locality
from .rows import ABSENT_WORD, APP_POP_STEP, PUSH_STEPS, RECORD, RowTriple, pack_word, teardown_rows

#: An offset where nothing can be.
_BEYOND = 1 << 50

StepHook: TypeAlias = Callable[[str, Any], None]
#: ``record(here, rows, value and where, activation)``
Record: TypeAlias = Callable[[Here, RowTriple, bytes, int], None]
#: ``pushed(here, step, context)``; never raises.
Pushed: TypeAlias = Callable[[Here, str, Any], None]
Note: TypeAlias = Callable[[BaseException | None], None]


class Event(NamedTuple):
    """What a record says besides time, operation and what was seen."""

    rows: RowTriple
    tail: bytes
    activation: int


class Lane:
    """Where records go: a journal's ticks and buffer, or nowhere yet."""

    __slots__ = ("buffer", "ticks")

    ticks: Iterator[tuple[int, int, int]]
    buffer: memoryview

    def __init__(self) -> None:
        self.close()

    def lead_to(self, writer: JournalWriter) -> None:
        """Send records to *writer*; again whenever it has grown."""
        self.ticks, self.buffer = writer.ticks, writer.buffer

    def close(self) -> None:
        """Let nothing fit: the slow path then knows what to do."""
        # A commit word that was not taken from a journal is 0.
        self.ticks = itertools.repeat((0, _BEYOND, 0))
        self.buffer = memoryview(bytearray())


class Looked(NamedTuple):
    """What the quick functions look at, and where they write."""

    contexts: Contexts
    app: object  # the target's own
    lane: Lane
    locality: Locality
    activations: Iterator[int]  # numbers for the contexts that are pushed


class SlowPath(Protocol):
    """What the quick functions fall back on; *commit* is 0, or the number the record has taken."""

    @property
    def pushed(self) -> Pushed | None:
        """What is told of each context whose count went from 0 to 1; None for nobody."""

    def repair_step(self, commit: int, step: str, context: Any) -> None:
        """Record a step whose quick look failed."""

    def repair(self, commit: int, here: Here, event: Event) -> None:
        """Record another event whose quick look failed."""


class Ways(NamedTuple):
    """How to look at what a framework's variables hold: quickly at a step, at other events, with care."""

    make_step_hook: Callable[[SlowPath, Looked], StepHook]
    make_record: Callable[[SlowPath, Looked], Record]
    look: Callable[[Contexts, Any], sight.Sight]


def make_step_hook(slow: SlowPath, looked: Looked) -> StepHook:
    """Return the function that records a step of the cycle."""
    contexts, app, lane, locality, activations = looked
    greenlets, getcurrent, local = locality.greenlets, locality.getcurrent, locality.local
    pack_into, get, absent, repair_step = RECORD.pack_into, dict.get, ABSENT_WORD, slow.repair_step
    turn = _make_turn(activations, app, slow.pushed)

    def step_hook(step: str, context: Any) -> None:
        commit = 0
        try:
            here = getcurrent().crosstalk_here if greenlets else local.here
            held = contexts.request_var.get(None)
            if held is None:
                request, session = absent, 0
            else:
                request = held.request.environ["crosstalk.word"]
                session = held.session
                session = 0 if session is None else get(session, "canary", 0)
            held = contexts.app_var.get(None)
            if held is None:
                row, g = here.without[step], 0
            else:
                row = (here.target if held.app is app else here.other)[step]
                g = held.g.__dict__.get("canary", 0)
            if row is None:
                row, activation = turn(here, held, step, context)
            else:
                activation = context.crosstalk_activation
            t, offset, commit = next(lane.ticks)
            pack_into(
                lane.buffer, offset, t, here.op, request, session, g, here.tail, activation, row, commit
            )
        except Exception:
            repair_step(commit, step, context)

    return step_hook


def make_record(slow: SlowPath, looked: Looked) -> Record:
    """Return the function that records any other event."""
    contexts, app, lane, _, _ = looked
    pack_into, get, absent, repair = RECORD.pack_into, dict.get, ABSENT_WORD, slow.repair

    def record(here: Here, rows: RowTriple, tail: bytes, activation: int) -> None:
        commit = 0
        try:
            held = contexts.request_var.get(None)
            if held is None:
                request, session = absent, 0
            else:
                request = held.request.environ["crosstalk.word"]
                session = held.session
                session = 0 if session is None else get(session, "canary", 0)
            held = contexts.app_var.get(None)
            if held is None:
                row, g = rows[0], 0
            else:
                row = rows[1] if held.app is app else rows[2]
                g = held.g.__dict__.get("canary", 0)
            t, offset, commit = next(lane.ticks)
            pack_into(lane.buffer, offset, t, here.op, request, session, g, tail, activation, row, commit)
        except Exception:
            repair(commit, here, Event(rows, tail, activation))

    return record


def make_note(looked: Looked, record: Record, callback: Callback) -> Note:
    """Return the function that makes an entry of *callback* in the ledger."""
    contexts, locality = looked.contexts, looked.locality
    greenlets, getcurrent, local = locality.greenlets, locality.getcurrent, locality.local
    quiet = teardown_rows(callback, Outcome.NONE)
    of_request, of_none = callback in _OF_REQUEST, callback is Callback.APPCONTEXT_POPPED

    def note(error: BaseException | None) -> None:
        try:
            here = getcurrent().crosstalk_here if greenlets else local.here
        except AttributeError:
            here = locality.here()
        try:
            if of_none:
                activation = here.popped
            else:
                variable = contexts.request_var if of_request else contexts.app_var
                activation = variable.get(None).crosstalk_activation
        except Exception:  # there is none, though there should be
            activation = 0
        if error is None:
            record(here, quiet, here.quiet, activation)
        else:
            rows = teardown_rows(callback, sight.outcome_of(error))
            record(here, rows, pack_word(sight.canary_of(error)) + here.where, activation)

    return note


#: The callbacks that are told of the request context; the others are told of the app context.
_OF_REQUEST = {
    Callback.TEARDOWN_REQUEST_FIRST,
    Callback.TEARDOWN_REQUEST_LAST,
    Callback.REQUEST_TEARING_DOWN,
    Callback.AFTER_THIS_REQUEST,
}


def _make_turn(
    activations: Iterator[int], app: object, pushed: Pushed | None
) -> Callable[[Here, Any, str, Any], tuple[bytes, int]]:
    """Return the function that gives the row and activation of a push or a pop."""

    def turn(here: Here, held: Any, step: str, context: Any) -> tuple[bytes, int]:
        if step in PUSH_STEPS:
            context.crosstalk_activation = next(activations)
            if pushed is not None:
                pushed(here, step, context)
        elif step == APP_POP_STEP:
            here.popped = context.crosstalk_activation
        code = 0 if held is None else 1 if held.app is app else 2
        return here.threes[step][code], context.crosstalk_activation

    return turn
