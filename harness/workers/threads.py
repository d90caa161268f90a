"""The thread model: one process, many threads.

The default is a *pool* of reused threads. A thread per connection hides everything that stays on
a worker (a context left pushed, a thread-local never cleared), so Werkzeug is never the only server.
"""

from __future__ import annotations

from .model import Server, WorkerModel

MODEL = WorkerModel(
    name="thread",
    unit="threads",
    concurrency=8,
    servers=(
        Server(
            name="gthread",
            title="gunicorn gthread, a pool of reused threads",
            launcher="on_gunicorn",
            concurrency_setting="threads",
            settings={"worker_class": "gthread", "workers": 1},
        ),
        Server(
            name="waitress",
            title="waitress, a pool of reused threads",
            launcher="on_waitress",
            concurrency_setting="threads",
        ),
        Server(
            name="werkzeug",
            title="Werkzeug's threaded server, a thread per connection",
            launcher="on_werkzeug",
            concurrency_setting="threads",
        ),
    ),
)
