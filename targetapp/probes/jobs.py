"""A job on a thread of the app's own pool: what it finds there, what it holds with a copy of the context.

A pool's threads outlive requests, so what one job leaves on its thread is what the next one finds. Under
gevent they are greenlets.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

from targetapp.framework import (
    Response,
    copy_current_request_context,
    current_app,
    g,
    has_app_context,
    has_request_context,
    jsonify,
    request,
    session,
)

from . import look
from .canaries import canary_of_request, to_text

EXTENSION = "jobs"
THREADS = 2
#: What is said of a context that is there and holds no canary.
_UNMARKED = (1 << 64) - 1


class Jobs:
    """The app's pool: one for each process, whose threads start with its first job."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._pool: ThreadPoolExecutor | None = None

    def run(self, job: Callable[[], dict[str, str]]) -> dict[str, str]:
        """Run *job* on one of the pool's threads and return its result; it never outlives the call."""
        future = self._find_pool().submit(look.carry(job))
        try:
            result: dict[str, str] = future.result()
            return result
        finally:
            # Whatever interrupts the wait (a greenlet that is killed): the request is not over
            # before its job is.
            if not future.cancel():
                wait((future,))
            del future  # it holds the error of a job that failed, whose traceback holds this frame

    def close(self) -> None:
        """End the pool's threads; the next job starts new ones."""
        if self._pool is not None and self._pid == os.getpid():
            self._pool.shutdown()
        self._pool = None

    def _find_pool(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None or self._pid != os.getpid():  # threads don't survive a fork
                self._pid = os.getpid()
                self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="probe-job")
            return self._pool


def current() -> int:
    """Return the canary of whatever context is current here, 0 if none is."""
    if has_request_context():
        return canary_of_request() or _UNMARKED
    if has_app_context():
        return int(g.get("canary", 0)) or _UNMARKED
    return 0


def _read(seconds: float) -> dict[str, str]:
    """Return what the proxies hold with the copy of the request's context."""
    look.sleep(seconds)
    look.hook("job")
    looks = {"request": canary_of_request(), "g": g.get("canary", 0), "session": session.get("canary", 0)}
    return {name: to_text(canary) for name, canary in looks.items()}


def _work(read: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Look before the copied context is pushed, inside it, and after it was popped."""
    found = current()
    look.hook("job_start")
    inside = read()
    look.hook("job_end")
    return {"found": to_text(found), **inside, "left": to_text(current())}


def job(canary: str) -> Response:
    """Answer with what a job found on its thread, held in the copied context, and left there."""
    jobs: Jobs = current_app.extensions[EXTENSION]
    looks = jobs.run(partial(_work, copy_current_request_context(partial(_read, look.pause_s()))))
    return jsonify(query=request.args.get("canary"), **looks)
