"""The empty hooks of the probes, and the pause between two looks.

A probe calls :func:`hook` where one may look in the middle of a view or of a body: the points are
``view_before_yield``, ``view_after_yield``, ``nested_app_context``, ``stream_chunk``, and on a thread
of the app's own pool ``job_start``, ``job`` and ``job_end``. What is to run on such a thread goes
through :func:`carry` first, so that whoever looks may note whose work it is. As with the framework's
checkpoints nothing is installed by default, and the probes neither know nor care who looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from targetapp.framework import request

Hook = Callable[[str], None]
Job = Callable[[], Any]
Carry = Callable[[Job], Job]

PAUSE_MS_MAX = 1_000


def nothing(point: str) -> None:
    """Do nothing; the hook that is there until another is installed."""


#: Read as ``look.hook`` at each call, so that installing one takes effect at once.
hook: Hook = nothing


def install(new: Hook | None) -> None:
    """Install *new* as the hook; None puts the empty one back."""
    global hook  # noqa: PLW0603 - the hook is this module's one variable
    hook = new or nothing


def as_it_is(job: Job) -> Job:
    """Return *job*; the carrier that is there until another is installed."""
    return job


#: Called on the thread of the request; what it returns runs on the pool's.
carry: Carry = as_it_is


def install_carry(new: Carry | None) -> None:
    """Install *new* as the carrier of jobs; None puts the empty one back."""
    global carry  # noqa: PLW0603 - as the hook
    carry = new or as_it_is


def pause_s() -> float:
    """Return how long the request asks its probe to pause, in seconds."""
    return min(max(request.args.get("pause_ms", 0, int), 0), PAUSE_MS_MAX) / 1000


def sleep(seconds: float) -> None:
    """Let others run; looked up at each call, so that it is cooperative once gevent has patched."""
    if seconds:
        time.sleep(seconds)


def pause() -> None:
    """Pause as long as the request asks, with a look before and after."""
    seconds = pause_s()
    hook("view_before_yield")
    sleep(seconds)
    hook("view_after_yield")
