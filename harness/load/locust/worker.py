"""The load in several processes, seen from a Locust worker: told a plan, it records and delivers.

A worker knows nothing but the plan: no folder of the run, no target but its address. It may be on
another host. It deletes its spool once the master has all of it, and says where it lies otherwise.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import gevent
from gevent.event import Event

from harness.records import RecordError

from .side import SIDES, Link, LoadSide
from .spool import Spool
from .wire import (
    VERSION,
    Ack,
    Claim,
    Done,
    Fault,
    Finish,
    Grant,
    Hello,
    LoadPlan,
    Name,
    Named,
    name_of,
    read,
    write,
)

if TYPE_CHECKING:  # importing Locust patches the process
    from locust.runners import WorkerRunner

logger = logging.getLogger(__name__)
T = TypeVar("T")

DELIVER_EVERY_S = 0.1
END_AGAIN_S = 1.0


class _Part:
    """This worker's part in one run."""

    def __init__(self, plan: LoadPlan, send: Callable[[Any], None]) -> None:
        self.plan = plan
        self.spool = Spool(plan.run, plan.disk_max_mb)
        self.side = LoadSide(
            plan,
            self.spool.recording,
            Link(
                lambda finished, wanted: send(Claim(plan.run, finished, wanted)),
                lambda text: send(Fault(plan.run, text)),
                lambda route: send(Name(plan.run, route)),
            ),
        )
        self.done = Event()  # the master has it all
        self.over = Event()  # nothing more happens here
        self.finishing = False
        self.closed = False
        self._send = send

    def deliver(self) -> None:
        """Send what the master lacks, as far as it keeps up."""
        for chunk in self.spool.chunks(time.monotonic()):
            self._send(chunk)

    def keep_delivering(self) -> None:
        """Deliver until the end is being sent."""
        while not self.closed:
            self.deliver()
            gevent.sleep(DELIVER_EVERY_S)

    def finish(self) -> bool:
        """Let what is in flight end, deliver the rest; return whether the master has it all."""
        self.side.settle()
        self.closed = True
        deadline = time.monotonic() + self.plan.drain_timeout_s
        end_at = 0.0
        while not self.done.is_set() and time.monotonic() < deadline:
            self.deliver()
            if self.spool.delivered and time.monotonic() >= end_at:
                end_at = time.monotonic() + END_AGAIN_S
                self._send(self.spool.end())
            self.done.wait(DELIVER_EVERY_S / 2)
        return self.done.is_set()


class WorkerEnd:
    """Registers our messages with the worker runner, once for its life.

    ``delivered`` is False once a run's recording could not be made or handed over.
    """

    def __init__(self, runner: WorkerRunner) -> None:
        self.delivered = True
        self._runner = runner
        self._part: _Part | None = None
        self._listen(LoadPlan, self._on_plan)
        self._listen(Grant, self._on_grant)
        self._listen(Named, self._on_named)
        self._listen(Ack, self._on_ack)
        self._listen(Done, self._on_done)
        # Beside the others: it waits for operations in flight.
        self._listen(Finish, self._on_finish, concurrent=True)

    def start(self) -> None:
        """Say hello unless the plan is there: a run that goes on is answered with its plan."""
        if self._part is None:
            self._send(Hello(VERSION))

    def begin_end(self) -> None:
        """Begin no more operations and let those in flight end; nothing is delivered here.

        Locust calls this where it reads its messages, so it must not wait for one.
        """
        if self._part is not None:
            self._part.side.settle()

    def finish(self) -> None:
        """End this worker's part, whoever asks first; return when that is over."""
        part = self._part
        if part is None:
            return
        if part.finishing:
            part.over.wait()
            return
        part.finishing = True
        try:
            if part.finish():
                part.spool.remove()
            else:
                self.delivered = False
                where = part.spool.folder
                logger.error("the master did not take this worker's recording: it stays in %s", where)
        finally:
            self._forget(part)
            part.over.set()

    def abandon(self) -> None:
        """Give up this worker's part and what it recorded: nobody is left who could take it."""
        part = self._part
        if part is not None:
            part.side.end()
            part.closed = True
            self._forget(part)
            part.spool.remove()
        self.delivered = False

    def _forget(self, part: _Part) -> None:
        if self._part is part:
            self._part = None
            SIDES.set(None)

    def _listen(self, kind: type[T], handler: Callable[[T], None], *, concurrent: bool = False) -> None:
        def listen(environment: Any, msg: Any) -> None:
            try:
                message = read(kind, msg.data)
            except RecordError as error:
                logger.warning("ignored a message of the master: %s", error)
                return
            handler(message)

        self._runner.register_message(name_of(kind), listen, concurrent=concurrent)

    def _part_of(self, run: str) -> _Part | None:
        part = self._part
        return part if part is not None and part.plan.run == run else None

    def _on_plan(self, plan: LoadPlan) -> None:
        if self._part_of(plan.run) is not None:
            return  # told twice
        if _only_here(plan.host) and not _only_here(self._runner.master_host):
            # The target listens on every address of the master's host, and we are on another one.
            plan = dataclasses.replace(plan, host=self._runner.master_host)
        if self._part is not None:
            # The master is in another run: it no longer takes what belongs to this one.
            self._part.side.end()
            self._part.closed = True
            self._forget(self._part)
        try:
            self._part = _Part(plan, self._send)
        except OSError as error:
            self.delivered = False
            self._send(Fault(plan.run, f"it can't record: {error.strerror or error}"))
            return
        gevent.spawn(self._part.keep_delivering)
        SIDES.set(self._part.side)

    def _on_grant(self, grant: Grant) -> None:
        if part := self._part_of(grant.run):
            part.side.grant(max(0, grant.tickets))

    def _on_named(self, named: Named) -> None:
        if part := self._part_of(named.run):
            part.side.numbers.told(named.route, max(0, named.number))

    def _on_ack(self, ack: Ack) -> None:
        if part := self._part_of(ack.run):
            part.spool.acknowledge(ack.stream, ack.size, time.monotonic())

    def _on_done(self, done: Done) -> None:
        if part := self._part_of(done.run):
            part.done.set()

    def _on_finish(self, finish: Finish) -> None:
        if self._part_of(finish.run) is not None:
            self.finish()

    def _send(self, message: Any) -> None:
        try:
            self._runner.send_message(name_of(type(message)), write(message))
        except Exception as error:  # Locust raises its own kinds; what counts is sent again
            logger.warning("could not reach the master: %s", type(error).__name__)


def _only_here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
