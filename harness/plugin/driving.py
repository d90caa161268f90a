"""Threads or greenlets that serve, each the next client's turn: so a worker meets one caller after another.

A client does one thing at a time, whichever worker it is on; the callers of a worker change all the time, as
those of a pool's thread do. An application in which nothing moves any more is given up. Under the greenlet
model this runs in a process that gevent has patched, and ``threading`` and ``queue`` are its own.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from harness.checkers.sentences import join_and
from harness.load.hammer import Budget

from .asking import AskedWrongError

#: Routes named in a sentence.
_NAMED = 3
#: Without an answer for so long, nothing will come.
STALLED_S = 60.0


class Client(Protocol):
    """A caller; see :class:`harness.load.visitor.Visitor`."""

    @property
    def asking_for(self) -> str:
        """What it waits for, '' if nothing."""

    def step(self) -> object:
        """Carry out its next request."""


def drive(clients: Sequence[Client], workers: int, operations: int, *, stalled_s: float = STALLED_S) -> None:
    """Let *workers* threads serve *clients*, until *operations* are spent.

    :raises AskedWrongError: if the application can't be driven to the end.
    :raises BaseExceptionGroup: of what went wrong in the harness itself.
    """
    free: queue.SimpleQueue[Client] = queue.SimpleQueue()
    for client in clients:
        free.put(client)
    budget, errors, done = Budget(operations), list[BaseException](), list[None]()

    def serve() -> None:
        try:
            while not errors and budget.take(1):
                client = free.get()
                try:
                    client.step()
                    done.append(None)
                finally:
                    free.put(client)
        except BaseException as error:
            errors.append(error)

    # No more workers than clients: one without would wait for ever.
    if not run_all([serve] * min(workers, len(clients)), lambda: len(done), stalled_s):
        names = list(dict.fromkeys(filter(None, (client.asking_for for client in clients))))
        errors.append(
            AskedWrongError(
                f"the application has answered nothing for {stalled_s:g} s; it was asked for "
                f"{join_and(names[:_NAMED]) or 'nothing'}: leave out what never ends with exclude="
            )
        )
    for error in errors:
        if isinstance(error, AskedWrongError):
            raise error
    if errors:
        raise BaseExceptionGroup("the harness failed while it drove the application", errors)


def run_all(jobs: Sequence[Callable[[], None]], progress: Callable[[], int], stalled_s: float) -> bool:
    """Run each job on a thread of its own; return when all have ended.

    :param progress: how much is done.
    :returns: False if no more was done for *stalled_s* seconds; then threads are left behind, since none can
        be ended from outside.
    """
    threads = [threading.Thread(target=job, name=f"crosstalk-{n}", daemon=True) for n, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        seen = -1
        while thread.is_alive() and seen != (seen := progress()):
            thread.join(stalled_s)
        if thread.is_alive():
            return False
    return True


@contextmanager
def switching_every(interval_s: float) -> Iterator[None]:
    """Let the interpreter switch threads this often in the block, and as before after it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(interval_s)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
