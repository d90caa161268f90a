"""The load in several processes, seen from the master: plans out, tickets out, recordings in.

Every worker that was ever told a run's plan is waited for at the run's end. What a worker says is
untrusted; a message that is no message of ours is logged and changes nothing.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import gevent

from harness.records import RecordError

from .local import Ends
from .receipts import Places, Receipts
from .tickets import TicketOffice
from .wire import (
    DETAILS,
    JOURNAL,
    TEXT_CHARACTERS_MAX,
    VERSION,
    Ack,
    Chunk,
    Claim,
    Done,
    End,
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
    from locust.runners import MasterRunner

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: As Locust writes it (``locust.runners.STATE_MISSING``): no heartbeat for some seconds.
STATE_MISSING = "missing"
WORKERS_MAX = 4096
LOOK_EVERY_S = 0.1
GONE_EVERY_S = 1.0


@dataclasses.dataclass(slots=True)
class _Active:
    """One run, from begin to collect."""

    plan: LoadPlan
    office: TicketOffice
    receipts: Receipts
    ends: Ends
    numbers: dict[str, int] = dataclasses.field(default_factory=dict)  # node -> load worker
    faults: list[str] = dataclasses.field(default_factory=list)
    faulty: set[str] = dataclasses.field(default_factory=set)  # nodes that said what is wrong with them
    finishing: bool = False


class MasterEnd:
    """Registers our messages with the master runner, once for its life."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._run: _Active | None = None
        self._load_workers = 0
        self._listen(Hello, self._on_hello)
        self._listen(Claim, self._on_claim)
        self._listen(Name, self._on_name)
        self._listen(Chunk, self._on_chunk)
        self._listen(End, self._on_end)
        self._listen(Fault, self._on_fault)

    @property
    def load_workers(self) -> int:
        """How many processes were told to send operations in the latest run."""
        return self._load_workers

    def begin(
        self, plan: LoadPlan, office: TicketOffice, places: Callable[[int], Places], ends: Ends
    ) -> None:
        """Tell every worker the plan; those that come later are told when they say hello."""
        self._run = _Active(plan, office, Receipts(plan.run, places), ends)
        self._load_workers = 0
        for client in list(self._runner.clients.all):
            if client.state != STATE_MISSING:
                self._enlist(client.id)
        gevent.spawn(self._watch, self._run)

    def operations(self) -> int:
        """Return how many operations Locust has counted; it hears of them every three seconds."""
        return int(self._runner.stats.total.num_requests)

    def collect(self) -> list[str]:
        """End the load and wait for every worker's recording; return what is missing."""
        run = self._run
        if run is None:
            return []
        run.finishing = True
        for node in run.receipts.pending():
            self._send(node, Finish(run.plan.run))
        deadline = time.monotonic() + run.plan.drain_timeout_s
        # A worker that said goodbye to Locust (it is no longer a client) has said all it will.
        while any(node in self._runner.clients for node in run.receipts.pending()):
            if time.monotonic() > deadline:
                break
            gevent.sleep(LOOK_EVERY_S)
        self._run = None
        return [*run.faults, *run.receipts.doubts(run.faulty)]

    def _listen(self, kind: type[T], handler: Callable[[_Active, str, T], None]) -> None:
        def listen(environment: Any, msg: Any) -> None:
            try:
                message = read(kind, msg.data)
            except RecordError as error:
                logger.warning("ignored a message of a Locust worker: %s", error)
                return
            run = self._run
            node = str(msg.node_id)
            if run is None or getattr(message, "run", run.plan.run) != run.plan.run:
                return  # about a run that is over
            if kind is not Hello and node not in run.numbers:
                logger.warning("ignored a message of a Locust worker that takes no part in the run")
                return
            handler(run, node, message)

        self._runner.register_message(name_of(kind), listen)

    def _enlist(self, node: str) -> None:
        run = self._run
        if run is None or run.finishing:
            return
        worker = run.plan.worker + int(self._runner.get_worker_index(node))  # type: ignore[no-untyped-call]
        if worker >= WORKERS_MAX:
            run.faults.append(f"a Locust worker was turned away: there are more than {WORKERS_MAX}")
            return
        if node not in run.numbers:
            self._load_workers += 1
        run.numbers[node] = worker
        run.receipts.expect(node, worker)
        self._send(node, dataclasses.replace(run.plan, worker=worker))

    def _on_hello(self, run: _Active, node: str, message: Hello) -> None:
        if message.version != VERSION:
            run.faults.append("a Locust worker was turned away: it runs another version of crosstalk")
            return
        self._enlist(node)

    def _on_claim(self, run: _Active, node: str, message: Claim) -> None:
        tickets = run.office.claim(run.numbers[node], message.finished, wanted=message.wanted)
        if message.wanted:
            self._send(node, Grant(run.plan.run, tickets))
        if run.office.is_over:
            run.ends.over()

    def _on_name(self, run: _Active, node: str, message: Name) -> None:
        self._send(node, Named(run.plan.run, message.route, run.ends.book.number(message.route)))

    def _on_chunk(self, run: _Active, node: str, message: Chunk) -> None:
        receipt = run.receipts.expect(node, run.numbers[node])
        size = receipt.take(message)
        if not receipt.problem:
            self._send(node, Ack(run.plan.run, message.stream, size))

    def _on_end(self, run: _Active, node: str, message: End) -> None:
        receipt = run.receipts.expect(node, run.numbers[node])
        if receipt.finish(message):
            self._send(node, Done(run.plan.run))
            return
        for stream in (JOURNAL, DETAILS):
            self._send(node, Ack(run.plan.run, stream, receipt.size(stream)))

    def _on_fault(self, run: _Active, node: str, message: Fault) -> None:
        text = "".join(c if c.isprintable() else "?" for c in message.text[:TEXT_CHARACTERS_MAX])
        run.faulty.add(node)
        run.ends.fault(f"load worker {run.numbers[node]}: {text}")  # it is noted there, once

    def _watch(self, run: _Active) -> None:
        """Wait for nobody's tickets who is gone."""
        while self._run is run and not run.finishing:
            gevent.sleep(GONE_EVERY_S)
            clients = self._runner.clients
            for node, worker in list(run.numbers.items()):
                if node not in clients or clients[node].state == STATE_MISSING:
                    run.office.give_up(worker)
            if run.office.is_over and not run.finishing:
                run.ends.over()
                return

    def _send(self, node: str, message: Any) -> None:
        try:
            self._runner.send_message(name_of(type(message)), write(message), client_id=node)
        except Exception as error:  # Locust raises its own kinds; the worker will ask again
            logger.warning("could not reach a Locust worker: %s", type(error).__name__)
