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


def check_concurrency(hosting: Hosting, concurrency: int | None, users: int = 0) -> int:
    """Return *concurrency*, or for None the model's default: more where that many *users* need more.

    :raises UnknownWorkersError: if it is out of range, or too little for the users.
    """
    needed = users if hosting.server.occupied_by_connection else 0
    if concurrency is None:
        # Twice: a user has fresh and shared connections beside the one it keeps.
        return max(hosting.model.concurrency, min(2 * needed, CONCURRENCY_MAX))
    if not 1 <= concurrency <= CONCURRENCY_MAX:
        unit = hosting.model.unit
        raise UnknownWorkersError(f"can't run {concurrency} {unit}: choose from 1 to {CONCURRENCY_MAX}")
    if concurrency < needed:
        raise UnknownWorkersError(
            f"--concurrency {concurrency}: an idle connection occupies one of the {hosting.model.unit} of "
            f"{hosting.server.name}, so {users} users would wait for ever: give {users} or more"
        )
    return concurrency
