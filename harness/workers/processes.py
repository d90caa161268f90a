"""The process model: several worker processes, forked from one that has loaded the app.

A worker's memory is its own, so a value in a module global can't cross over; ids, seeds, connections
and sessions can.
"""

from __future__ import annotations

from .model import Server, WorkerModel

MODEL = WorkerModel(
    name="process",
    unit="processes",
    concurrency=3,
    servers=(
        Server(
            name="sync",
            title="gunicorn sync, one request at a time in each process",
            launcher="on_gunicorn",
            concurrency_setting="workers",
            settings={"worker_class": "sync", "preload_app": True},
        ),
        Server(
            name="gthread-workers",
            title="gunicorn gthread, four threads in each process",
            launcher="on_gunicorn",
            concurrency_setting="workers",
            settings={"worker_class": "gthread", "threads": 4, "preload_app": True},
        ),
    ),
)
