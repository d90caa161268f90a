"""A backend that answers in order, a client with a pool of connections to it, and two probes.

The rule of every such client (of Redis, of a database): *a connection whose reply was not read is never
used again.* A reply carries no address: whoever reads next from that connection gets it, and from then on
everybody gets the reply of the one before. So whatever ends an exchange early, a BaseException
included, drops the connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NoReturn

from targetapp.framework import Response, current_app, jsonify, request

from . import look
from .canaries import from_text, to_text

EXTENSION = "backend"
#: Idle connections kept.
IDLE_MAX = 16
QUERY = "get "


class Cancelled(BaseException):
    """The caller was cancelled in the middle of an exchange, as by a timeout or a kill."""

    def __init__(self, canary: int) -> None:
        super().__init__(to_text(canary))
        self.canary = canary


class Connection:
    """One connection to the backend: replies come in the order of the queries, without an address."""

    def __init__(self) -> None:
        self._replies: deque[str] = deque()

    def send(self, query: str) -> None:
        """Send a query; the backend answers ``get X`` with ``X``, into the connection's buffer."""
        self._replies.append(query.removeprefix(QUERY))

    def read(self) -> str:
        """Return the oldest reply that was not read."""
        return self._replies.popleft()


class Pool:
    """Connections that all requests of this process use in turn; safe to call from any thread."""

    def __init__(self) -> None:
        # A deque's ends are safe to use at once. A process starts without connections, so none
        # is shared over a fork.
        self._idle: deque[Connection] = deque()

    def take(self) -> Connection:
        """Return the connection that has been idle for longest, or a new one."""
        try:
            return self._idle.popleft()
        except IndexError:
            return Connection()

    def give(self, connection: Connection) -> None:
        """Keep a connection for the next request; every reply on it was read."""
        if len(self._idle) < IDLE_MAX:
            self._idle.append(connection)

    def drop(self, connection: Connection) -> None:
        """Close a connection on which a reply may still be due."""


class Client:
    """Asks the backend over connections of a pool."""

    def __init__(self) -> None:
        self.pool = Pool()

    def ask(self, query: str, wait: Callable[[], object]) -> str:
        """Send *query*, *wait* for the backend, and return its reply."""
        connection = self.pool.take()
        try:
            connection.send(query)
            wait()
            reply = connection.read()
        except BaseException:
            self.pool.drop(connection)
            raise
        self.pool.give(connection)
        return reply


def _client() -> Client:
    client: Client = current_app.extensions[EXTENSION]
    return client


def ask(canary: str) -> Response:
    """Answer with what the backend replied; the pause lies between query and reply."""
    reply = _client().ask(QUERY + canary, look.pause)
    return jsonify(query=request.args.get("canary"), backend=reply)


def cancel(canary: str) -> NoReturn:
    """Be cancelled between query and reply."""

    def be_cancelled() -> NoReturn:
        look.pause()
        raise Cancelled(from_text(canary))

    _client().ask(QUERY + canary, be_cancelled)
    raise AssertionError("the exchange was cancelled and came to an end")
