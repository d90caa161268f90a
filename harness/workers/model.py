"""What a worker model and a server are; the tables are in ``threads``, ``greenlets``, ``processes``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Server:
    """A server that hosts the target, and how it is told about concurrency."""

    name: str
    title: str
    launcher: str  # the module of harness.inside.servers that serves on it
    #: The server's own setting that ``--concurrency`` goes to.
    concurrency_setting: str
    #: Its other settings.
    settings: Mapping[str, str | int | bool] = field(default_factory=dict)
    #: gevent patches the standard library before anything else is imported. (gunicorn's gevent worker does
    #: that by itself, in the worker: the app is imported after it there.)
    patched_early: bool = False
    #: A kept connection occupies one of ``concurrency``, also while it is idle: more clients than
    #: that wait for ever.
    occupied_by_connection: bool = False


@dataclass(frozen=True, slots=True)
class WorkerModel:
    """A way of running requests; ``servers[0]`` is the default."""

    name: str
    unit: str  # what --concurrency counts
    concurrency: int  # the default
    servers: tuple[Server, ...]
