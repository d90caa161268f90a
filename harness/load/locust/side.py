"""The load side of one run in one Locust process: tickets, the start gate, clients, their recording.

The rule this file guards: **an operation that was begun is finished or recorded as unknown, and
nothing is begun after the end was called.** Users ask here before each item and say when it is over, so that
the end waits for what is in flight instead of killing it.

It is told how to reach the office and whom to tell about a fault; whether those are one call or a
message away is not its business.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import gevent
from gevent.event import Event

from harness.load.cache import SharedCache
from harness.load.caller import Caller
from harness.load.client import Client
from harness.load.connections import SharedConnections
from harness.load.exchange import Completion
from harness.load.recording import Recorder
from harness.load.visiting import from_wire
from harness.load.visitor import Identity, Visitor
from harness.workload.mix import make_mix
from harness.workload.operation import Item

from .numbers import Numbers
from .spool import Recording
from .wire import LoadPlan

logger = logging.getLogger(__name__)

#: The cold-start burst waits for all users to be there, but not longer than this.
GATE_S_MAX = 3.0
#: After the end was called: how long beyond an operation's own time-out it may still be in flight,
#: and the part of the drain time-out that is spent waiting for it; the rest is for delivering.
GRACE_S = 1.0
SETTLE_PART = 0.5
#: How long a user waits for its process to be told what to do.
PLAN_WAIT_S = 30.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Link:
    """The way to the office.

    ``claim(finished, wanted)`` reports and asks; the answer comes through :meth:`LoadSide.grant`.
    ``fault(text)`` says that the load itself failed. ``name(route)`` asks for a route's number; the answer
    goes to :attr:`LoadSide.numbers`.
    """

    claim: Callable[[int, bool], None]
    fault: Callable[[str], None]
    name: Callable[[str], None] = lambda route: None


class _Done(NamedTuple):
    """What became of a job."""

    result: Any
    error: Exception | None


class LoadSide:
    """One run's load in this process."""

    def __init__(self, plan: LoadPlan, recording: Recording, link: Link) -> None:
        self.plan = plan
        self.recording = recording
        self.finished = 0
        self._link = link
        self.numbers = Numbers(link.name)
        self._mix = make_mix(plan.scenarios, guarded=plan.guarded)
        self._numbers = itertools.count()
        self._clients: list[Client | Visitor] = []
        self._visiting = from_wire(plan.visiting)
        self._shared = SharedConnections()
        self._cache = SharedCache()
        self._gate = Event()
        self._ended = False
        self._faulted = False
        self._tickets = 0
        self._none_left = False
        self._asking = False
        self._answer = Event()
        self._in_flight = 0
        self._jobs: set[Any] = set()  # greenlets with an operation in flight
        self._idle = Event()
        self._idle.set()

    # -- clients ---------------------------------------------------------------------------------

    def new_client(self) -> Client | Visitor:
        """Return a client whose number no other of this process has."""
        client = self._new_visitor() if self._visiting is not None else self._new_prober()
        self._clients.append(client)
        return client

    def _new_visitor(self) -> Visitor:
        plan, visiting = self.plan, self._visiting
        if visiting is None:
            raise AssertionError("a visitor is for applications")
        who = Identity(plan.seed, plan.worker, next(self._numbers))
        recorder = Recorder(self.recording.journal, self.recording.details)
        address = (plan.host, plan.port)
        return Visitor(address, who, visiting.plan, recorder, plan.timeout_s, visiting.headers)

    def _new_prober(self) -> Client:
        plan = self.plan
        return Client(
            (plan.host, plan.port),
            plan.worker,
            next(self._numbers),
            plan.seed,
            Recorder(self.recording.journal, self.recording.details),
            plan.timeout_s,
            mix=self._mix,
            shared=self._shared,
            cache=self._cache,
        )

    def new_caller(self) -> Caller:
        """Return a caller for a user with requests of its own; its number is no other client's."""
        recorder = Recorder(self.recording.journal, self.recording.details)
        forwarded = any("https" in value.lower() for _, value in self.headers)
        return Caller(self.plan.worker, next(self._numbers), recorder, forwarded=forwarded)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What is sent with every request to a user's own application."""
        return self._visiting.headers if self._visiting is not None else ()

    def wait_for_all(self) -> None:
        """Wait until every user is there, so that their first operations are in flight together."""
        self._gate.wait(GATE_S_MAX)
        self._gate.set()

    def open_gate(self) -> None:
        """Every user is there."""
        self._gate.set()

    def carry_out(self, client: Client | Visitor, item: Item) -> tuple[Completion, ...]:
        """Have *client* carry out *item*, as far as there are tickets; () if it may do nothing more.

        In a greenlet of its own: Locust kills users (when somebody lowers their number, and at the
        end), and an operation torn apart would be one whose outcome nobody knows.
        """
        count = self._begin(len(item.operations))
        if not count:
            return ()
        job = gevent.spawn(self._perform, client, item.first(count))
        self._jobs.add(job)
        done: Any = job.get()
        return done if isinstance(done, tuple) else ()  # it was killed: see settle()

    def carry(self, job: Callable[[], T]) -> T:
        """Carry out *job*, which is one operation, and return what it returns or raise what it raises.

        In a greenlet of its own, as :meth:`carry_out`.

        :raises gevent.GreenletExit: if nothing may be begun any more; nobody catches that by mistake, and
            Locust takes it for the end of a user.
        """
        if not self._begin(1):
            raise gevent.GreenletExit
        greenlet = gevent.spawn(self._carry, job)
        self._jobs.add(greenlet)
        done: Any = greenlet.get()
        if not isinstance(done, _Done):
            raise gevent.GreenletExit  # it was killed: see settle()
        if done.error is not None:
            raise done.error
        result: T = done.result
        return result

    def _carry(self, job: Callable[[], Any]) -> _Done:
        try:
            return _Done(job(), None)
        except Exception as error:  # gevent would print it
            return _Done(None, error)
        finally:
            self._jobs.discard(gevent.getcurrent())
            self._complete(1)

    def _perform(self, client: Client | Visitor, item: Item) -> tuple[Completion, ...]:
        try:
            return client.perform(item)
        except Exception as error:
            # Ours, not the target's: whatever a target does is a completion.
            self.fault(f"the load failed: {type(error).__name__} in a client")
            return ()
        finally:
            self._jobs.discard(gevent.getcurrent())
            self._complete(len(item.operations))

    # -- tickets ---------------------------------------------------------------------------------

    def _begin(self, wanted: int) -> int:
        """Return how many of *wanted* operations may be begun, at most; 0: none ever again."""
        while not self._ended:
            if not self.plan.limited:
                break
            if self._tickets:
                wanted = min(wanted, self._tickets)
                self._tickets -= wanted
                break
            if self._none_left:
                return 0
            self._ask()
            self._answer.wait()
        if self._ended:
            return 0
        self._in_flight += wanted
        self._idle.clear()
        return wanted

    def _complete(self, count: int) -> None:
        """Note that *count* operations begun are over, however they ended."""
        self._in_flight -= count
        self.finished += count
        if self._in_flight == 0:
            self._idle.set()
            if self._none_left and not self._ended:
                self._link.claim(self.finished, False)

    def grant(self, tickets: int) -> None:
        """Take the office's answer."""
        self._asking = False
        self._tickets += tickets
        self._none_left = tickets == 0
        self._wake()
        if self._none_left and self._in_flight == 0:
            self._link.claim(self.finished, False)

    def fault(self, text: str) -> None:
        """Say that the load itself failed, once, and begin nothing more."""
        self.end()
        if self._faulted:
            return  # the clients beside it fail for the same reason
        self._faulted = True
        logger.error("crosstalk: %s", text)
        self._link.fault(text)

    def _ask(self) -> None:
        if not self._asking:
            self._asking = True
            self._answer.clear()
            self._link.claim(self.finished, True)

    def _wake(self) -> None:
        self._answer.set()

    # -- the end ---------------------------------------------------------------------------------

    def end(self) -> None:
        """Begin nothing more."""
        self._ended = True
        self._gate.set()
        self.numbers.end()
        self._wake()

    def settle(self) -> None:
        """End; wait for what is in flight; close the recording. Idempotent.

        What takes too long is cut short: an operation that was invoked and has no end is one whose
        outcome is unknown.
        """
        self.end()
        plan = self.plan
        if not self._idle.wait(min(plan.timeout_s + GRACE_S, plan.drain_timeout_s * SETTLE_PART)):
            gevent.killall(list(self._jobs), block=True, timeout=GRACE_S)
        for client in self._clients:
            client.close()
        self._clients.clear()
        self._shared.close()
        self.recording.close()
        if dropped := self.recording.details.dropped:
            # They are for people and decide nothing, so this is no doubt.
            logger.warning("crosstalk: what came back to %d operations was not kept: no room", dropped)


class Sides:
    """The current load side of this process; users wait here until there is one."""

    def __init__(self) -> None:
        self._current: LoadSide | None = None
        self._there = Event()

    @property
    def current(self) -> LoadSide | None:
        """The side of the run that goes on, None between runs."""
        return self._current

    def set(self, side: LoadSide | None) -> None:
        """Start (or, with None, end) a run in this process."""
        self._current = side
        if side is None:
            self._there.clear()
        else:
            self._there.set()

    def wait(self) -> LoadSide | None:
        """Return the current side, None if none comes."""
        self._there.wait(PLAN_WAIT_S)
        return self._current


SIDES = Sides()
