"""In-process hammering: plain threads with a client each, until a budget of operations is spent.

For tests, benchmarks and checks without Locust; it finds the same things with less around it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.history.scenarios import Scenario
from harness.workload.mix import DEFAULT_MIX, Mix

from .cache import SharedCache
from .client import TIMEOUT_S, Client
from .connections import SharedConnections
from .exchange import Completion
from .recording import Details, Journal, Recorder


class Budget:
    """A number of operations that several clients spend together.

    :param operations: None for no limit.
    """

    def __init__(self, operations: int | None) -> None:
        self._left = operations
        self._lock = threading.Lock()

    def take(self, wanted: int) -> int:
        """Return how many of *wanted* operations may still be done, 0 if none; they are spent."""
        with self._lock:
            if self._left is None:
                return wanted
            granted = min(wanted, self._left)
            self._left -= granted
            return granted


@dataclass(slots=True)
class Hammered:
    """What was done: operations, failures by their constant text, seconds, latencies in seconds."""

    operations: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    duration_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list)

    def add(self, completions: tuple[Completion, ...]) -> None:
        """Count one client's completions."""
        for completion in completions:
            self.operations += 1
            self.latencies_s.append(completion.latency_s)
            if completion.failure is not None:
                self.failures[completion.failure] += 1

    def merge(self, other: Hammered) -> None:
        """Add what another thread did."""
        self.operations += other.operations
        self.failures += other.failures
        self.latencies_s += other.latencies_s


class Hammer:
    """Drives *clients* clients of load worker *worker* against *address*.

    :param journal: shared by all clients. :param details: for redacted texts, or None.
    :param fronts: what each client begins with; () where none is given.
    """

    def __init__(
        self,
        address: tuple[str, int],
        journal: Journal,
        *,
        clients: int,
        seed: int,
        worker: int = 0,
        details: Details | None = None,
        timeout_s: float = TIMEOUT_S,
        mix: Mix = DEFAULT_MIX,
        fronts: Sequence[Sequence[Scenario]] = (),
    ) -> None:
        self._shared = SharedConnections()
        cache = SharedCache()
        self._stopped = threading.Event()
        self._clients = [
            Client(
                address,
                worker,
                number,
                seed,
                Recorder(journal, details),
                timeout_s,
                mix=mix,
                shared=self._shared,
                cache=cache,
                first=fronts[number] if number < len(fronts) else (),
            )
            for number in range(clients)
        ]
        self._errors: list[BaseException] = []

    def run(self, operations: int | None) -> Hammered:
        """Hammer until *operations* are done (None: until :meth:`stop`); to be called once.

        :raises ExceptionGroup: of what went wrong in the clients themselves.
        """
        budget = Budget(operations)
        began_s = time.monotonic()
        parts = [Hammered() for _ in self._clients]
        threads = [
            threading.Thread(target=self._drive, args=(client, budget, part), daemon=True)
            for client, part in zip(self._clients, parts, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._shared.close()
        total = Hammered()
        for part in parts:
            total.merge(part)
        total.duration_s = time.monotonic() - began_s
        if self._errors:
            raise BaseExceptionGroup("clients failed while hammering", self._errors)
        return total

    def stop(self) -> None:
        """Let every client finish its item, then end."""
        self._stopped.set()

    def _drive(self, client: Client, budget: Budget, part: Hammered) -> None:
        try:
            while not self._stopped.is_set():
                item = client.next_item()
                granted = budget.take(len(item.operations))
                if not granted:
                    return
                part.add(client.perform(item.first(granted)))
        except BaseException as error:
            self._errors.append(error)
            self._stopped.set()
        finally:
            client.close()
