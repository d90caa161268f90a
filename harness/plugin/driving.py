"""Threads or greenlets that serve, each the next client's turn: so a worker meets one caller after another.

A client does one thing at a time, whichever worker it is on; the callers of a worker change all the time, as
those of a pool's thread do. Under the greenlet model this runs in a process that gevent has patched, and
``threading`` and ``queue`` are its own.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from harness.load.hammer import Budget


class Client(Protocol):
    """A caller; see :class:`harness.load.visitor.Visitor`."""

    def step(self) -> object:
        """Carry out its next request."""


def drive(clients: Sequence[Client], workers: int, operations: int) -> None:
    """Let *workers* threads serve *clients*, until *operations* are spent.

    :raises BaseExceptionGroup: of what went wrong in the harness itself.
    """
    free: queue.SimpleQueue[Client] = queue.SimpleQueue()
    for client in clients:
        free.put(client)
    budget, errors = Budget(operations), list[BaseException]()

    def serve() -> None:
        try:
            while not errors and budget.take(1):
                client = free.get()
                try:
                    client.step()
                finally:
                    free.put(client)
        except BaseException as error:
            errors.append(error)

    # No more workers than clients: one without would wait for ever.
    run_all([serve] * min(workers, len(clients)))
    if errors:
        raise BaseExceptionGroup("the harness failed while it drove the application", errors)


def run_all(jobs: Sequence[Callable[[], None]]) -> None:
    """Run each job on a thread of its own; return when all have ended."""
    threads = [threading.Thread(target=job, name=f"crosstalk-{n}", daemon=True) for n, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def switching_every(interval_s: float) -> Iterator[None]:
    """Let the interpreter switch threads this often in the block, and as before after it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(interval_s)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
