"""A Locust file for comparison: the same requests over the same sockets, neither recorded nor judged.

Used by ``harness.bench.load`` only. Every response is still read whole and taken apart, since the
next request depends on it (the session's cookie): that is what any Locust file would pay.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from urllib.parse import urlsplit

import gevent
from locust import User, constant, task
from locust.exception import StopUser

from harness.load import exchange
from harness.load.client import Client
from harness.load.connections import SharedConnections
from harness.load.observations import Observation
from harness.load.recording import Recorder

#: Set by the bench: how many operations to carry out, and the seed of the workload.
OPERATIONS = int(os.environ.get("CROSSTALK_BENCH_OPERATIONS", "0"))
SEED = int(os.environ.get("CROSSTALK_BENCH_SEED", "1"))


class _Nowhere:
    def write(self, *_: int) -> None:
        """Drop the record."""


def _judge_nothing(*_: object) -> list[Observation]:
    return []


def _no_failure(_: Iterable[Observation]) -> str | None:
    return None


# The measurement takes the checks out of the one place that calls them; nothing else uses this process.
for name, nothing in {"observe": _judge_nothing, "first_failure": _no_failure}.items():
    setattr(exchange, name, nothing)

_numbers = itertools.count()
_begun = itertools.count()
_shared = SharedConnections()


class UncheckedUser(User):
    """Carries out the workload's items until the budget of all users is used up."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Become a client."""
        url = urlsplit(self.environment.host or "")
        address = (url.hostname or "127.0.0.1", url.port or 80)
        self._client = Client(address, 0, next(_numbers), SEED, Recorder(_Nowhere()), shared=_shared)

    @task
    def step(self) -> None:
        """Carry out the next item, one ticket an operation."""
        item = self._client.next_item()
        last = 0
        for _ in item.operations:
            last = next(_begun)
        if last >= OPERATIONS:
            # From a greenlet of its own: quitting ends this user's before it is done.
            if last < OPERATIONS + len(item.operations) and self.environment.runner is not None:
                gevent.spawn(self.environment.runner.quit)
            raise StopUser
        for completion in self._client.perform(item):
            self.environment.events.request.fire(
                request_type="HTTP",
                name=completion.scenario,
                response_time=completion.latency_s * 1000,
                response_length=completion.bytes_received,
                exception=None,
                context={},
            )
