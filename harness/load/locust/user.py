"""The Locust user: one logical client each. What Locust counts is a copy; the history is the record."""

from __future__ import annotations

from typing import Any

import gevent
from locust import User, constant, task
from locust.exception import StopUser

from harness.load.client import Client
from harness.load.exchange import NEVER_SENT, Completion
from harness.load.visitor import Visitor

from .side import SIDES

#: After an operation that could not be sent: a target that is gone must not be asked a million times.
PAUSE_AFTER_FAIL_S = 0.05


class OperationError(Exception):
    """An operation that did not go as it should; its text is one of a fixed set."""


class ProbingUser(User):
    """A client that carries out the workload's items one after the other, without pauses."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Wait for the plan, become a client, and wait for the other users."""
        # No StopUser here: Locust logs any exception of on_start with a traceback.
        self._side = SIDES.wait()
        if self._side is not None:
            self._client: Client | Visitor = self._side.new_client()
            self._side.wait_for_all()

    @task
    def step(self) -> None:
        """Carry out the next item, as far as there are tickets for it."""
        side = self._side
        if side is None:
            raise StopUser
        completions = side.carry_out(self._client, self._client.next_item())
        if not completions:
            raise StopUser
        for completion in completions:
            self._count(completion)
        if any(completion.failure == NEVER_SENT for completion in completions):
            gevent.sleep(PAUSE_AFTER_FAIL_S)

    def _count(self, completion: Completion) -> None:
        failure = completion.failure
        event: dict[str, Any] = {
            "request_type": "operation",
            "name": completion.scenario,
            "response_time": completion.latency_s * 1000,
            "response_length": completion.bytes_received,
            "exception": None if failure is None else OperationError(failure),
        }
        self.environment.events.request.fire(**event)
