"""The greenlet model: one process, one thread, many greenlets.

gevent patches the standard library before the app is imported. An app without a blocking point never
interleaves here, whatever the load: that is what the yields at checkpoints are for.
"""

from __future__ import annotations

from .model import Server, WorkerModel

MODEL = WorkerModel(
    name="greenlet",
    unit="greenlets",
    concurrency=256,
    servers=(
        Server(
            name="gevent",
            title="gevent.pywsgi",
            launcher="on_gevent",
            concurrency_setting="spawn",
            patched_early=True,
            occupied_by_connection=True,
        ),
        Server(
            name="gunicorn-gevent",
            title="gunicorn gevent",
            launcher="on_gunicorn",
            concurrency_setting="worker_connections",
            settings={
                "worker_class": "harness.inside.servers.gevent_worker.HangingUpWorker",
                "workers": 1,
            },
            occupied_by_connection=True,
        ),
    ),
)
