"""The recorder: what `request`, `session`, `g` and `current_app` hold, at each event.

Rules: it looks, and never changes what it looks at (no session is marked as read); it reads the
framework's variables anew each time, since faults replace them; and it never fails the target:
what can't be read is recorded as :data:`~harness.history.canary.UNMARKED`, what can't be stored
is counted.

An activation number is given to a context, as its attribute ``crosstalk_activation``, at each
checkpoint that says that its count went from 0 to 1. A journal is opened at a process's first
event, so that each process forked off has its own.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import time
from collections.abc import Callable
from typing import Any, TypeAlias

from harness.blackbox.carrying import owner_of
from harness.history.canary import ABSENT
from harness.history.journal import JournalWriter, original
from harness.history.layout import (
    DETAIL_SHIFT,
    KIND_SHIFT,
    POINT_SHIFT,
    Callback,
    Freed,
    Kind,
    Remains,
    Residue,
)
from harness.target import Contexts

from . import sight
from .census import Census
from .forks import tell_of_forks
from .locality import Here, Locality
from .recording import Event, Lane, Looked, Note, StepHook, Ways, make_note, make_record, make_step_hook
from .rows import (
    APP_POP_STEP,
    CHUNK,
    ENTER,
    EXIT,
    PUSH_STEPS,
    RECORD,
    RETURN,
    WORDS,
    YIELD,
    left_rows,
    pack_word,
)
from .yields import Pause

_COUNT_MAX = (1 << 32) - 1

Job: TypeAlias = Callable[[], Any]

#: How to look at the reference framework, and at what keeps its contexts as that does.
WAYS = Ways(make_step_hook, make_record, sight.look)


class Observer:
    """Records what happens in this process.

    :param open_journal: opens a new journal for the calling process; called at its first event.
    :param contexts: where the framework keeps its contexts.
    :param app: the target's application object: what ``current_app`` should be.
    :param locality: the ground truth of which operation runs here.
    :param pause: lets others run, after checkpoints; see :mod:`harness.inside.yields`.
    :param complain: told, in a sentence, why nothing can be recorded.
    :param census: watches what is pushed, and counts what is left of it as the journal is closed.

    ``hook`` is for the framework's checkpoints, ``look`` for the probes', ``note_for`` for the
    ledger, the others for the wrapper. None of them raises.
    """

    def __init__(
        self,
        open_journal: Callable[[], JournalWriter],
        contexts: Contexts,
        app: object,
        locality: Locality,
        *,
        pause: Pause | None = None,
        complain: Callable[[str], None] | None = None,
        census: Census | None = None,
    ) -> None:
        self.locality = locality
        #: Called before the journal of a process that stopped in order is closed, with no request inside.
        self.at_rest: Callable[[], None] | None = None
        self._counted = False
        self._open_journal = open_journal
        self._complain = complain
        self._writer: JournalWriter | None = None
        self._broken = False
        self._lock = original("_thread", "RLock")()
        self._entered = itertools.count()
        self._exited = itertools.count()
        self._lane = Lane()
        self.turn_to(contexts, app, WAYS, pause=pause, census=census)
        tell_of_forks(self)

    def turn_to(
        self,
        contexts: Contexts,
        app: object,
        ways: Ways,
        *,
        pause: Pause | None = None,
        census: Census | None = None,
    ) -> None:
        """Look at these contexts from now on, in these ways; before the first request.

        For an application that was not there yet when the observer was made: its import is watched too.
        """
        self._census = census
        self.pushed = None if census is None else census.pushed
        self._pause = pause
        self._look = ways.look
        self._looked = Looked(contexts, app, self._lane, self.locality, itertools.count(1))
        self._record = ways.make_record(self, self._looked)
        self.hook = _pausing(ways.make_step_hook(self, self._looked), pause)

    # the wrapper's events

    def enter(self, here: Here) -> None:
        """Record that the outermost wrapper got the request."""
        next(self._entered)
        self._record(here, here.threes[ENTER], here.tail, 0)

    def left(self, here: Here, error: BaseException) -> None:
        """Record that an exception left the app."""
        value = pack_word(sight.canary_of(error))
        self._record(here, left_rows(sight.outcome_of(error)), value + here.where, 0)

    def returned(self, here: Here) -> None:
        """Record that the app returned its iterable."""
        self._record(here, here.threes[RETURN], here.tail, 0)

    def chunk(self, here: Here) -> None:
        """Record that a streamed body yielded a chunk."""
        self._record(here, here.threes[CHUNK], here.tail, 0)

    def exit(self, here: Here) -> None:
        """Record that the body is closed and the operation has left the target."""
        self._record(here, here.threes[EXIT], here.tail, 0)
        next(self._exited)

    def closed_again(self, here: Here) -> None:
        """Record nothing: :class:`harness.inside.residue.watch.Watched` tells of it."""

    def never_closed(self, here: Here) -> None:
        """Record nothing, as above."""

    def residue(self, operation: int, canary: int, value: int, residue: Residue, count: int) -> None:
        """Record something that a request left, see :class:`~harness.history.layout.Residue`."""
        writer = self._writer or self._open()
        if writer is not None:
            where = int.from_bytes(self.locality.here().where, "little")
            meta = min(count, _COUNT_MAX) | residue << POINT_SHIFT | Kind.RESIDUE << KIND_SHIFT
            owner = owner_of(canary)[0] if canary else ABSENT
            writer.write(time.monotonic_ns(), operation, owner, canary, 0, value, where, meta)

    def yielded(self, here: Here) -> None:
        """Record that others are let run at a call in the user's own code."""
        self._record(here, here.threes[YIELD], here.tail, 0)

    # the target's events

    def look(self, point: str) -> None:
        """Record that a probe looks; the activation is that of the request context."""
        here = self.locality.here()
        activation = sight.request_activation(self._looked.contexts)
        self._record(here, here.threes[point], here.tail, activation)
        if self._pause is not None:
            self._pause.now()

    def carry(self, job: Job) -> Job:
        """Return *job* so that it runs as this operation's, on whatever thread or greenlet."""
        here = self.locality.here()

        def carried() -> Any:
            before = self.locality.here()
            self.locality.put(here.moved(before.where))
            try:
                return job()
            finally:
                self.locality.put(before)

        return carried

    def note_for(self, callback: Callback) -> Note:
        """Return the function that records that *callback* ran, and what error it was told of."""
        return make_note(self._looked, self._record, callback)

    # the slow path

    def repair_step(self, commit: int, step: str, context: Any) -> None:
        """Record a step whose quick look failed; one that nobody knows is none."""
        here = self.locality.here()
        if step not in here.without:
            return
        if step in PUSH_STEPS:
            with contextlib.suppress(Exception):  # a context that can't be marked has no ledger
                context.crosstalk_activation = next(self._looked.activations)
                if self.pushed is not None:
                    self.pushed(here, step, context)
        activation = sight.activation_of(context)
        if step == APP_POP_STEP:
            here.popped = activation
        self.repair(commit, here, Event(here.threes[step], here.tail, activation))

    def repair(self, commit: int, here: Here, event: Event) -> None:
        """Record an event whose quick look failed."""
        writer = self._writer or self._open()
        if writer is None:
            return
        contexts, app, lane, _, _ = self._looked
        seen = self._look(contexts, app)
        t, _, new = next(writer.ticks) if not commit else (time.monotonic_ns(), 0, commit)
        record = RECORD.pack(
            t,
            here.op,
            pack_word(seen.request),
            seen.session,
            seen.g,
            event.tail,
            event.activation,
            event.rows[seen.app],
            new,
        )
        writer.store(new, *WORDS.unpack(record)[:-1])
        lane.lead_to(writer)

    # the journal

    def close(self) -> None:
        """Close this process's journal; if a request is still inside, leave it as a kill would."""
        if self._writer is None:
            return
        self._looked.lane.close()
        if _count(self._entered) > _count(self._exited):
            self._writer.abandon()
        else:
            if self.at_rest is not None:
                self.at_rest()
            self._count_remains(self._writer)
            self._writer.close()
            # A test run goes on: nothing here must keep an application that it is through with.
            self.at_rest = None
            atexit.unregister(self.close)

    def _count_remains(self, writer: JournalWriter) -> None:
        """Record what is left of operations that are over; once, since later ones are none of them."""
        if self._census is None or self._counted:
            return
        self._counted = True
        count = self._census.take()
        where = int.from_bytes(self.locality.here().where, "little")
        rows = [(ABSENT, Remains.SUMMARY, Freed.NONE, count.looked)]
        rows += count.remains
        for operation, what, freed, value in rows:
            meta = what << POINT_SHIFT | Kind.CENSUS << KIND_SHIFT | freed << DETAIL_SHIFT
            writer.write(time.monotonic_ns(), operation, 0, 0, 0, value, where, meta)

    def _open(self) -> JournalWriter | None:
        """Open this process's journal, unless another thread just did; None if it can't be."""
        with self._lock:
            if self._writer is None and not self._broken:
                try:
                    self._writer = self._open_journal()
                except (OSError, ValueError) as error:
                    self._broken = True
                    if self._complain is not None:
                        self._complain(f"process {os.getpid()} can't record: {error}")
                else:
                    atexit.register(self.close)
            return self._writer

    def start_anew(self) -> None:
        """In a forked process: no journal yet, no request inside, another thread id."""
        self._looked.lane.close()
        self._writer = None
        self._broken = False
        self._lock = original("_thread", "RLock")()
        self._entered = itertools.count()
        self._exited = itertools.count()
        self._counted = False
        if self._census is not None:
            self._census.start_anew()
        self.locality.settle_after_fork()


def _pausing(hook: StepHook, pause: Pause | None) -> StepHook:
    """Return *hook*, sometimes followed by a pause: what was seen is recorded first."""
    if pause is None:
        return hook

    def hook_and_pause(step: str, context: Any) -> None:
        hook(step, context)
        pause()

    return hook_and_pause


def _count(numbers: itertools.count[int]) -> int:
    """Return how many numbers were taken; to ask for the next would take one."""
    return int(repr(numbers)[len("count(") : -1])
