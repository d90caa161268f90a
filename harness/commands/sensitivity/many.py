"""Runs many cells, several at once: each in a process of ours, whose target is a process of its own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import TypeVar

from harness.verdict import EXIT_HARNESS_FAILED

LOOK_EVERY_S = 0.2
T = TypeVar("T")
R = TypeVar("R")


class BrokenWorkerError(Exception):
    """A process that ran cells died: there is no matrix."""


def run_many(
    work: Callable[[T], R], tasks: Sequence[T], jobs: int, asked_to_stop: Callable[[], bool]
) -> Iterator[R]:
    """Yield the results of *work* on each of *tasks*, *jobs* at once, as they come.

    Whoever asks to stop gets those that are under way, and no more. A target ends with the process that
    started it, and that with this one.

    :raises BrokenWorkerError: if one of the processes died.
    """
    # Not forked: this process has threads and locks of its own.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_serve) as pool:
        left: set[Future[R]] = {pool.submit(work, task) for task in tasks}
        try:
            while left:
                if asked_to_stop():
                    left = {future for future in left if not future.cancel()}
                done, left = wait(left, LOOK_EVERY_S, "FIRST_COMPLETED")
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            raise BrokenWorkerError("a process that ran cells of the matrix died; run it again") from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _serve() -> None:
    """Leave signals to the process that was started, which lets cells under way end; end with it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not SIG_IGN: a target that is started here would inherit that.
        signal.signal(number, _do_nothing)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """Take a signal that is the main process's to act upon."""


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(EXIT_HARNESS_FAILED)
