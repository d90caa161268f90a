"""Puts it together: told by the outermost wrapper where each request enters and leaves, it finds what stays.

Rules: it never fails the target; it holds nothing of it alive; what it keeps for each request is one number,
what it keeps for each worker dies with the worker.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from harness.blackbox.carrying import owner_of
from harness.history.canary import ABSENT, UNMARKED
from harness.history.journal import original
from harness.history.layout import Residue
from harness.inside.body import Recorder
from harness.inside.forks import tell_of_forks
from harness.inside.living import living_places
from harness.inside.locality import Here, Locality
from harness.target import Contexts
from harness.workers.spec import COMPLAINT

from .atoms import Atoms
from .caches import Limits
from .canaries import Finished
from .heap import search_heap
from .keeping import CACHE_MAX, MARK_EACH, SESSIONS_EACH, judge_kept
from .names import Names
from .pool import watch_pools
from .resources import WARM_AFTER, Resources
from .routes import serves
from .slots import Slots, Trail

#: Records of one residue in one process; more would say nothing new.
TOLD_MAX = 2_000
#: Places after which those that are gone are forgotten.
PLACES_MAX = 4_096
_NOBODY_S = (ABSENT, UNMARKED)

#: ``write(operation, canary, value, residue, count)``; it never raises.
WriteRecord = Callable[[int, int, int, Residue, int], None]


class _Job(NamedTuple):
    """A job of a pool that runs, on this thread."""

    here: Here
    trail: Trail | None  # None: a server's own


class Watch:
    """Finds what requests leave in this process.

    :param write: writes a record into this process's journal.
    :param roots: what may lead to something besides modules, by name: the application.
    :param contexts: where the framework keeps its contexts, if it has any that we know.
    :param folder: where the names are written, None for nowhere.
    :param always_full: look at every request in full, not at a sample: for short runs.
    :param cache_max: the most entries of a cache keyed by its caller that is no breach.
    """

    def __init__(
        self,
        write: WriteRecord,
        locality: Locality,
        *,
        roots: Mapping[str, object] | None = None,
        contexts: Contexts | None = None,
        folder: Path | None = None,
        always_full: bool = False,
        cache_max: int = CACHE_MAX,
    ) -> None:
        self.names = Names()
        self._write_record = write
        self._locality = locality
        self._roots = dict(roots or {})
        self._contexts = contexts
        self._folder = folder
        self._always_full = always_full
        self._cache_max = cache_max
        self._stop_watching_pools = watch_pools(self)
        self.start_anew()
        tell_of_forks(self)

    def start_anew(self) -> None:
        """Forget everything: a forked process has nothing of its own yet."""
        self._finished = Finished()
        self._atoms = Atoms(self._finished)
        roots = self._roots.values()
        self._slots = Slots(
            self._atoms, self._tell, limits=self._limits, roots=roots, always_full=self._always_full
        )
        self._resources = Resources()
        self._trails: Any = original("_thread", "_local")()
        self._requests = itertools.count()
        self._seen = 0
        self._told: dict[Residue, int] = {}
        self._last: dict[bytes, int] = {}
        self._over = False

    def enter(self, here: Here) -> None:
        """Look as a request starts; never raises."""
        if here.number in _NOBODY_S:
            return
        with suppress(Exception):
            for owner in self._active():
                self._tell(here.number, ABSENT, owner, Residue.ACTIVE_AT_START, 1)
            self._slots.enter(self._trail(), here)

    def exit(self, here: Here) -> None:
        """Look after a request has left; never raises."""
        number = here.number
        if number in _NOBODY_S:
            return
        with suppress(Exception):
            seen = self._seen = next(self._requests)
            self._finished.add(number)
            last = self._last
            last[here.where] = number
            if seen in (0, WARM_AFTER):
                self._finished.prepare()
                self._slots.take_census()
            elif not seen & 63:
                self._finished.prepare()
            if not seen % MARK_EACH:
                self._finished.mark()
            if seen == WARM_AFTER:
                self._resources.is_warm(seen)
            self._slots.exit(self._trail(), here, seen)
            if len(last) > PLACES_MAX:
                places = living_places(self._locality, last)
                self._last = {where: number for where, number in list(last.items()) if where in places}

    def closed_again(self, here: Here) -> None:
        """Note that the server closed a body a second time."""
        self._tell(here.number, ABSENT, "", Residue.CLOSED_AGAIN, 1)

    def never_closed(self, here: Here) -> None:
        """Note that the server dropped a body without closing it."""
        self._tell(here.number, ABSENT, "", Residue.NEVER_CLOSED, 1)

    def job_begins(self, given: list[Any]) -> object:
        """Look before a job of a pool."""
        where = self._locality.here().where
        if given and serves(given[0]):  # requests are looked at one by one
            return _Job(Here(where, ABSENT, ABSENT, 0), None)
        found = self._slots.canaries(given)
        here = Here(where, owner_of(found[0])[0] if found else ABSENT, ABSENT, 0)
        trail = self._trail()
        self._slots.enter(trail, here)
        return _Job(here, trail)

    def job_ends(self, began: _Job) -> None:
        """Look after a job of a pool: its thread is idle until the next."""
        if began.trail is not None:
            self._slots.exit(began.trail, began.here, 0)
        for owner in self._active():
            self._tell(began.here.number, ABSENT, owner, Residue.ACTIVE_WHEN_IDLE, 1)

    def finish(self) -> None:
        """Look at what is left: no request is inside, and none will come. To be called once."""
        if self._over:
            return
        self._over = True
        self._stop_watching_pools()
        try:
            self._look_back()
        except Exception as error:  # the target may be anything; it is never failed
            sys.stderr.write(
                f"{COMPLAINT}what requests left can't be looked for: {type(error).__name__}: {error}\n"
            )
        self.stop()
        if self._folder is not None:
            self.names.write(self._folder)

    def stop(self) -> None:
        """Watch no longer, without a last look; the application is let go of."""
        self._over = True
        self._stop_watching_pools()
        self._roots = {}
        self._slots.let_go()

    def _look_back(self) -> None:
        requests = self._seen + 1 if self._last else 0
        for staying in self._resources.staying(requests):
            self._tell(ABSENT, ABSENT, staying.name, staying.residue, staying.more)
        places = living_places(self._locality, self._last)
        spared = [number for where, number in self._last.items() if where in places]
        found = search_heap(self._finished, roots=self._roots, spared=spared, limits=self._limits())
        for kept in found.kept:
            for told in judge_kept(kept, self._finished):
                self._tell(told.operation, told.canary, kept.name, told.residue, told.operations)
        self._write_record(ABSENT, ABSENT, requests, Residue.SUMMARY, found.objects // 1000)

    def _limits(self) -> Limits:
        """Return the most entries of a cache that is no breach, after the requests so far."""
        return Limits(self._cache_max, (self._seen + 1) // SESSIONS_EACH)

    def _active(self) -> list[str]:
        """Return the variables of the framework that hold a context now, by name."""
        contexts = self._contexts
        if contexts is None:
            return []
        named = (("the request context", contexts.request_var), ("the app context", contexts.app_var))
        return [name for name, variable in named if variable.get(None) is not None]

    def _trail(self) -> Trail:
        trails = self._locality.getcurrent() if self._locality.greenlets else self._trails
        try:
            trail: Trail = trails.crosstalk_trail
        except AttributeError:
            trail = trails.crosstalk_trail = Trail()
        return trail

    def _tell(self, operation: int, canary: int, name: str, residue: Residue, count: int) -> None:
        told = self._told[residue] = self._told.get(residue, 0) + 1
        if told <= TOLD_MAX:
            value = self.names.number(name) if name else 0
            self._write_record(operation, canary, value, residue, count)


class Watched:
    """A recorder of the wrapper's events that lets a :class:`Watch` look as well.

    The watch looks first where a request starts and last where it has ended, but before its EXIT is written.
    """

    def __init__(self, recorder: Recorder, watch: Watch) -> None:
        self._watch = watch
        self._enter, self._exit = recorder.enter, recorder.exit
        self.left, self.returned, self.chunk = recorder.left, recorder.returned, recorder.chunk
        self.closed_again, self.never_closed = watch.closed_again, watch.never_closed

    def enter(self, here: Here) -> None:
        """Record that a request enters, and look."""
        self._enter(here)
        with _unprofiled():
            self._watch.enter(here)

    def exit(self, here: Here) -> None:
        """Look, and record that it has left."""
        with _unprofiled():
            self._watch.exit(here)
        self._exit(here)


class _unprofiled:  # noqa: N801 - reads as what it does
    """Without this thread's profiler: every call in the block is ours, and on 3.11 each would cost."""

    __slots__ = ("_profile",)

    def __enter__(self) -> None:
        self._profile = sys.getprofile()
        if self._profile is not None:
            sys.setprofile(None)

    def __exit__(self, *raised: object) -> None:
        if self._profile is not None:
            sys.setprofile(self._profile)
