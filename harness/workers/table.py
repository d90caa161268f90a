"""The worker models and their servers, by name; a column of the matrix is one of each."""

from __future__ import annotations

from typing import NamedTuple

from . import greenlets, processes, threads
from .model import Server, WorkerModel

#: In the order of the matrix.
MODELS: dict[str, WorkerModel] = {
    module.MODEL.name: module.MODEL for module in (threads, greenlets, processes)
}
CONCURRENCY_MAX = 4096


class UnknownWorkersError(ValueError):
    """No such worker model, server or concurrency; the message says which there are."""


class Hosting(NamedTuple):
    """A worker model on one of its servers."""

    model: WorkerModel
    server: Server

    @property
    def column(self) -> str:
        """The name of the matrix column."""
        return f"{self.model.name}-{self.server.name}"


def look_up(model: str, server: str | None = None) -> Hosting:
    """Return the hosting of these names; without a server, the model's default.

    :raises UnknownWorkersError: if there is none.
    """
    if model not in MODELS:
        raise UnknownWorkersError(f"no worker model {model!r}: choose from {', '.join(MODELS)}")
    servers = {entry.name: entry for entry in MODELS[model].servers}
    if server is None:
        return Hosting(MODELS[model], MODELS[model].servers[0])
    if server not in servers:
        raise UnknownWorkersError(
            f"no server {server!r} for the {model} model: choose from {', '.join(servers)}"
        )
    return Hosting(MODELS[model], servers[server])


def all_hostings() -> tuple[Hosting, ...]:
    """Return every model on every server, in the order of the matrix."""
    return tuple(Hosting(model, server) for model in MODELS.values() for server in model.servers)


def check_concurrency(hosting: Hosting, concurrency: int | None) -> int:
    """Return *concurrency*, or the model's default for None.

    :raises UnknownWorkersError: if it is out of range.
    """
    if concurrency is None:
        return hosting.model.concurrency
    if not 1 <= concurrency <= CONCURRENCY_MAX:
        unit = hosting.model.unit
        raise UnknownWorkersError(f"can't run {concurrency} {unit}: choose from 1 to {CONCURRENCY_MAX}")
    return concurrency
