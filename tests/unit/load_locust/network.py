"""A master and workers that talk through queues: messages are packed, and may be lost, doubled or swapped.

Stands for Locust's runners, of which our ends use very little.
"""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent

from harness.load.exchange import Completion
from harness.load.locust.local import Ends
from harness.load.locust.master import MasterEnd
from harness.load.locust.side import LoadSide
from harness.load.locust.tickets import TicketOffice
from harness.load.locust.wire import LoadPlan
from harness.load.locust.worker import WorkerEnd
from harness.workload.operation import Item
from harness.workload.stream import Workload
from tests.unit.load_locust.recordings import RUN, fill, places

#: Locust packs its messages with it; it has no types.
msgpack: Any = importlib.import_module("msgpack")
#: What becomes of a message: its copies, in order. () loses it.
Fate = Callable[["Letter"], int]


@dataclass(frozen=True)
class Letter:
    to: str  # "" is the master
    sender: str
    name: str
    packed: bytes


@dataclass
class FakeRunner:
    """Either side's runner."""

    network: Network
    node: str
    listeners: dict[str, tuple[Callable[..., None], bool]] = field(default_factory=dict)
    clients: dict[str, SimpleNamespace] = field(default_factory=dict)
    master_host: str = "127.0.0.1"

    def register_message(self, name: str, listener: Callable[..., None], concurrent: bool = False) -> None:
        assert name not in self.listeners
        self.listeners[name] = (listener, concurrent)

    def send_message(self, name: str, data: Any, client_id: str = "") -> None:
        self.network.post(Letter(client_id, self.node, name, msgpack.dumps(data)))

    def get_worker_index(self, node: str) -> int:
        return self.network.index[node]


class Clients(dict[str, SimpleNamespace]):
    """Locust's mapping of workers."""

    @property
    def all(self) -> list[SimpleNamespace]:
        return list(self.values())


class Network:
    """Delivers letters in a greenlet of its own."""

    def __init__(self, folder: Path, workers: int, fate: Fate = lambda letter: 1) -> None:
        self.folder = folder
        self.index: dict[str, int] = {}
        self.fate = fate
        self.unplugged: set[str] = set()
        self._letters: deque[Letter] = deque()
        self.runners: dict[str, FakeRunner] = {}
        self.over = gevent.event.Event()
        self.faults: list[str] = []
        runner = self._runner("")
        runner.clients = self.clients = Clients()
        self.master = MasterEnd(runner)  # type: ignore[arg-type]
        self.workers = [self.add_worker() for _ in range(workers)]
        self._postman = gevent.spawn(self._deliver)

    def _runner(self, node: str) -> FakeRunner:
        self.runners[node] = FakeRunner(self, node)
        return self.runners[node]

    def add_worker(self) -> WorkerEnd:
        node = f"node-{len(self.index)}"
        self.index[node] = len(self.index)
        end = WorkerEnd(self._runner(node))  # type: ignore[arg-type]
        self.clients[node] = SimpleNamespace(id=node, state="ready")
        return end

    def post(self, letter: Letter) -> None:
        self._letters.extend([letter] * self.fate(letter))

    def begin(self, operations: int | None = None, drain_timeout_s: float = 5.0) -> TicketOffice:
        office = TicketOffice(operations)
        plan = LoadPlan(RUN, "127.0.0.1", 9, 0, 1, operations is not None, (), True, 1.0, drain_timeout_s, 16)
        ends = Ends(self.over.set, self.faults.append)
        self.master.begin(plan, office, lambda worker: places(self.folder, worker), ends)
        return office

    def close(self) -> None:
        self._postman.kill()
        for worker in self.workers:
            if worker._part is not None:
                worker._part.closed = True
                worker._part.spool.remove()

    def _deliver(self) -> None:
        while True:
            while self._letters:
                self._hand_over(self._letters.popleft())
            gevent.sleep(0)

    def _hand_over(self, letter: Letter) -> None:
        if letter.to in self.unplugged or letter.sender in self.unplugged or letter.to not in self.runners:
            return
        listener, concurrent = self.runners[letter.to].listeners[letter.name]
        message = SimpleNamespace(
            node_id=letter.sender, data=msgpack.loads(letter.packed, raw=False, strict_map_key=False)
        )
        if concurrent:
            gevent.spawn(listener, environment=None, msg=message)
        else:
            listener(environment=None, msg=message)


class StubClient:
    """Carries out items by writing one record for each operation."""

    def __init__(self, side: LoadSide) -> None:
        self._side = side
        self._workload = Workload(1, 0, 0)

    def perform(self, item: Item) -> tuple[Completion, ...]:
        gevent.sleep(0)
        fill(self._side.recording.journal, len(item.operations))
        return tuple(Completion("echo", 0.001, 1, None) for _ in item.operations)

    def close(self) -> None:
        pass


def work(worker: WorkerEnd) -> int:
    """Send operations as a worker's user does, until there are no tickets; return how many."""
    while worker._part is None:
        gevent.sleep(0)
    side = worker._part.side
    client: Any = StubClient(side)
    sent = 0
    while done := side.carry_out(client, next(client._workload)):
        sent += len(done)
    return sent
