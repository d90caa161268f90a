"""Bottle: a worker made once takes what callers hand in, and a list of the latest answers nobody is shown."""

from __future__ import annotations

import queue
import threading
from collections import deque

import bottle

app = bottle.Bottle()
_jobs: queue.Queue[str] = queue.Queue()
_done: deque[int] = deque(maxlen=50)
_recent: deque[str] = deque(maxlen=50)
_lock = threading.Lock()
_workers: list[threading.Thread] = []


def work() -> None:
    while True:
        job = _jobs.get()
        _done.append(len(job))


def hand_in(job: str) -> None:
    with _lock:
        # Not as the module is imported: a fork would leave the thread behind.
        if not _workers:
            worker = threading.Thread(target=work, daemon=True)
            _workers.append(worker)
            worker.start()
    _recent.append(job)
    _jobs.put(job)


@app.get("/mail/<address>")
def mail(address: str) -> str:
    hand_in(f"to {address}")
    return f"will be sent to {address}"


@app.get("/sent")
def sent() -> dict[str, int]:
    return {"sent": len(_done)}
