"""Two workers that live on from job to job and can meet in the middle of one: threads, or greenlets.

A worker is what a server reuses: what a request leaves on it, its next job finds.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gevent
from gevent.event import AsyncResult
from gevent.queue import Queue

NAMES = ("one", "two")
_WAIT_S = 10
#: Turns after which a meeting of greenlets is given up: the other one is not coming.
_TURNS_MAX = 10_000

Job = Callable[[str], Any]


class Crew(ABC):
    """Two workers, called ``one`` and ``two``."""

    @abstractmethod
    def meet(self) -> None:
        """Wait, inside a job, until the other worker is here too."""

    @abstractmethod
    def start(self, index: int, job: Job) -> Callable[[], Any]:
        """Have a worker do *job*; what is returned waits for what it returns."""

    @abstractmethod
    def dismiss(self) -> None:
        """End the workers."""

    def both(self, job: Job) -> dict[str, Any]:
        """Have both do *job* at once; return what each returned, by its name."""
        waits = [self.start(index, job) for index in range(len(NAMES))]
        return {name: wait() for name, wait in zip(NAMES, waits, strict=True)}


class Threads(Crew):
    """Two threads of pools."""

    def __init__(self) -> None:
        self._pools = [ThreadPoolExecutor(1) for _ in NAMES]
        self._barrier = threading.Barrier(len(NAMES))

    def meet(self) -> None:
        self._barrier.wait(_WAIT_S)

    def start(self, index: int, job: Job) -> Callable[[], Any]:
        future = self._pools[index].submit(job, NAMES[index])
        return lambda: future.result(_WAIT_S)

    def dismiss(self) -> None:
        for pool in self._pools:
            pool.shutdown()


class Greenlets(Crew):
    """Two greenlets of this thread, as a server has one for each connection that is kept alive."""

    def __init__(self) -> None:
        self._arrived = 0
        self._queues: list[Any] = [Queue() for _ in NAMES]
        self._workers = [gevent.spawn(self._work, queue) for queue in self._queues]

    def _work(self, queue: Any) -> None:
        while (job := queue.get()) is not None:
            job()

    def meet(self) -> None:
        self._arrived += 1
        complete = (self._arrived + 1) // 2 * 2
        for _ in range(_TURNS_MAX):
            if self._arrived >= complete:
                return
            gevent.sleep(0)
        raise TimeoutError("the other greenlet did not come")

    def start(self, index: int, job: Job) -> Callable[[], Any]:
        result: Any = AsyncResult()

        def do() -> None:
            try:
                result.set(job(NAMES[index]))
            except BaseException as error:
                result.set_exception(error)

        self._queues[index].put(do)
        return lambda: result.get(timeout=_WAIT_S)

    def dismiss(self) -> None:
        for queue in self._queues:
            queue.put(None)
        gevent.joinall(self._workers, timeout=_WAIT_S)
