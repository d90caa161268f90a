"""Clients of a backend whose replies get out of step with their queries."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from targetapp.framework import App
from targetapp.probes import backend, look

from .fault import Fault
from .switching import undo_with

#: How long it takes to see whether a connection is alive.
PROBE_S = 0.001
#: Longest query and reply, bytes.
_MESSAGE_MAX = 256
#: A backend that does not answer must not hang a worker for ever.
_TIMEOUT_S = 5.0


def conn_off_by_one(app: App) -> None:
    """Give a connection back whatever became of the exchange on it."""

    class Careless(backend.Client):
        """A client that does not know that a reply may still be due."""

        def ask(self, query: str, wait: Callable[[], object]) -> str:
            connection = self.pool.take()
            try:
                connection.send(query)
                wait()
                return connection.read()
            finally:
                self.pool.give(connection)

    app.extensions[backend.EXTENSION] = Careless()


def conn_shared(app: App) -> None:
    """Ask over one connection, without a lock."""

    class One(backend.Pool):
        """A pool that hands the same connection to everybody."""

        def __init__(self) -> None:
            super().__init__()
            self._only = backend.Connection()

        def take(self) -> backend.Connection:
            return self._only

        def drop(self, connection: backend.Connection) -> None:
            # Those who use it at this moment keep it; who comes later gets the new one.
            self._only = backend.Connection()

    app.extensions[backend.EXTENSION].pool = One()


def conn_taken_twice(app: App) -> None:
    """See whether an idle connection is alive before taking it out of the pool."""

    class Racing(backend.Pool):
        """A pool in which two callers find the same connection."""

        def take(self) -> backend.Connection:
            try:
                connection = self._idle[-1]
            except IndexError:
                return backend.Connection()
            look.sleep(PROBE_S)
            with suppress(ValueError):  # another caller was faster, and has it too
                self._idle.remove(connection)
            return connection

    app.extensions[backend.EXTENSION].pool = Racing()


class Preforked(backend.Client):
    """Asks over one connection, opened as the app is made: workers forked later inherit it.

    A lock lets one request of this process at a time use it, and every reply is read, so in one process
    it does no harm. The lock of another process is another lock.
    """

    def __init__(self) -> None:
        super().__init__()
        # A packet is a message, so that two who read from it at once don't get half of one each.
        self._near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._near.settimeout(_TIMEOUT_S)
        self._lock = threading.Lock()
        threading.Thread(target=_answer, args=(far,), name="backend", daemon=True).start()

    def ask(self, query: str, wait: Callable[[], object]) -> str:
        """Send *query*, *wait*, and return the next reply."""
        with self._lock:
            self._near.send(query.encode())
            try:
                wait()
            finally:
                reply = self._near.recv(_MESSAGE_MAX)
        return reply.decode()

    def close(self) -> None:
        """End the connection, and the backend with it."""
        self._near.close()


def _answer(connection: socket.socket) -> None:
    """Be the backend: answer each query, in order, until the connection ends."""
    with connection:
        while query := connection.recv(_MESSAGE_MAX):
            connection.send(query.decode().removeprefix(backend.QUERY).encode())


def prefork_conn(app: App) -> None:
    """Open the connection to the backend before the workers are forked."""
    client = Preforked()
    undo_with(client.close)
    app.extensions[backend.EXTENSION] = client


FAULTS = (
    Fault(
        "conn_off_by_one",
        "FC10",
        "redis/redis-py#2624, redis/redis-py#1134, alisaifee/coredis#143",
        "A caller that is cancelled between query and reply gives its connection back, and whoever uses"
        " it next is given the reply.",
        conn_off_by_one,
    ),
    Fault(
        "conn_shared",
        "FC10",
        "PyMySQL/PyMySQL#422, brianmario/mysql2#1217",
        "All requests ask over one connection without a lock, so who reads first gets the reply to who"
        " asked first.",
        conn_shared,
    ),
    Fault(
        "conn_taken_twice",
        "FC10",
        "encode/httpcore#613",
        "The pool looks whether a connection is alive before it takes it out, and meanwhile another caller"
        " finds the same one.",
        conn_taken_twice,
    ),
    Fault(
        "prefork_conn",
        "FC11",
        "benoitc/gunicorn#1953, dannyvfilms/Floppy#341",
        "The connection to the backend is opened before the fork, and the workers read each other's"
        " replies from it.",
        prefork_conn,
    ),
)
