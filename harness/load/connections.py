"""Raw TCP connections of clients: kept, fresh and shared.

``socket`` is looked up at each call, so that a process that gevent has patched (Locust's) gets
cooperative sockets, and plain threads get plain ones.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from .http import Response, ResponseReader

RECV_BYTES = 65_536
#: A connection idle for longer is not used again: servers close kept ones after a while (gunicorn:
#: 2 s), and a request sent just then ends as "unknown" although nothing is wrong.
IDLE_S_MAX = 1.0
SHARED_MAX = 16
#: Linux: choose the local port at connect, so that bound sources do not run out of ports.
_IP_BIND_ADDRESS_NO_PORT = 24
_LINGER_RESET = struct.pack("ii", 1, 0)


class NoResponseError(Exception):
    """A request was sent and no complete response came; the message says how it ended."""


def usable_sources(host: str, sources: tuple[str, ...]) -> tuple[str, ...]:
    """Return *sources* if *host* is on loopback and they can be bound here, else nothing."""
    try:
        if not ipaddress.IPv4Address("127.0.0.1" if host == "localhost" else host).is_loopback:
            return ()
        for source in sources:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
                sock.bind((source, 0))
    except (ValueError, OSError):
        return ()
    return sources


def address_number(text: str) -> int:
    """Return an IPv4 address as a number, 0 if the text is none."""
    try:
        return int(ipaddress.IPv4Address(text))
    except ValueError:
        return 0


class Connection:
    """One connection to *address*, numbered by its client; carries one operation after the other.

    ``ordinal`` counts the operations it has carried. ``source``: the local address as a number,
    once open and if it was bound, else 0. ``on_stray``: called when bytes arrived that no request
    asked for.
    """

    def __init__(self, address: tuple[str, int], source: str, number: int, timeout_s: float) -> None:
        self.number = number
        self.ordinal = 0
        self.source = address_number(source)
        self.on_stray: Callable[[], None] = _ignore
        self._address = address
        self._bound = source
        self._timeout_s = timeout_s
        self._reader = ResponseReader()
        self._socket: socket.socket | None = None
        self._used_s = 0.0

    def open(self) -> None:
        """Connect.

        :raises OSError: if that fails; then nothing was sent.
        """
        if not self._bound:
            sock = socket.create_connection(self._address, self._timeout_s)
        else:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                sock.settimeout(self._timeout_s)
                if sys.platform == "linux":
                    sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind((self._bound, 0))
                sock.connect(self._address)
            except BaseException:  # a greenlet may be killed in here
                sock.close()
                raise
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock

    @property
    def is_open(self) -> bool:
        """Whether it can carry an operation."""
        return self._socket is not None

    def send(self, data: bytes, methods: tuple[str, ...]) -> None:
        """Send requests, whose methods are *methods*, at once.

        :raises NoResponseError: if the connection broke; part of it may have been sent.
        """
        for method in methods:
            self._reader.expect(method)
        self._used_s = time.monotonic()
        try:
            self._opened().sendall(data)
        except OSError as error:
            self.close()
            raise NoResponseError(_how(error)) from None

    def receive(self, enough: Callable[[Response], bool] | None = None) -> Response:
        """Return the next response; one not complete yet if *enough* accepts what arrived of it.

        :raises NoResponseError: if none came in time, or the connection ended before it did.
        :raises GarbledResponseError: if the bytes are no response.
        """
        deadline_s = time.monotonic() + self._timeout_s
        reader = self._reader
        late = False
        while (response := reader.take()) is None:
            if enough and (partial := reader.partial) and enough(partial):
                return partial
            if late:
                self.close()
                raise NoResponseError("timed out")
            self._fill()
            # Looked at only if the response is not whole: one left in the reader would be taken for the
            # answer to the next request of a pipeline.
            late = time.monotonic() > deadline_s
        self._used_s = time.monotonic()
        return response

    def _fill(self) -> None:
        try:
            data = self._opened().recv(RECV_BYTES)
        except OSError as error:
            self.close()
            raise NoResponseError(_how(error)) from None
        if data:
            self._reader.feed(data)
            return
        self._reader.end()
        self.close()

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise NoResponseError("closed by the target")
        return self._socket

    @property
    def partial(self) -> Response | None:
        """What arrived of the response that is being read."""
        return self._reader.partial

    @property
    def leftover(self) -> int:
        """How many bytes arrived beyond the responses asked for."""
        return self._reader.leftover

    def reusable(self) -> bool:
        """Whether another request may be sent: open, not idle for long, and nothing has arrived.

        Bytes that arrived unasked are reported through ``on_stray``; the connection is closed.
        """
        if self._socket is None:
            return False
        if time.monotonic() - self._used_s > IDLE_S_MAX or not self._silent():
            self.close()
            return False
        return True

    def _silent(self) -> bool:
        sock = self._opened()
        try:
            sock.settimeout(0.0)
            stray = sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            sock.settimeout(self._timeout_s)
            return True
        except OSError:
            return False
        if stray:
            self.on_stray()
        return False

    def close(self) -> None:
        """Close; responses that arrived whole can still be received."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def leave(self, *, resets: bool) -> None:
        """Leave in the middle of a response: say so and close, or reset as one that vanished does."""
        self._reader = ResponseReader()  # what else arrived was asked for, and left
        if self._socket is not None:
            if resets:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
            else:
                # Closed with bytes unread it would be a reset all the same: the end comes first.
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_WR)
        self.close()


def _ignore() -> None:
    pass


def _how(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return "reset by the target" if isinstance(error, ConnectionError) else "the connection broke"


class SharedConnections:
    """Idle connections that several clients use in turn, as behind a reverse proxy.

    A deque's ends are safe to use from several threads and greenlets.
    """

    def __init__(self) -> None:
        self._idle: deque[Connection] = deque()

    def take(self) -> Connection | None:
        """Return a connection that may be used, None if there is none."""
        while self._idle:
            try:
                connection = self._idle.popleft()
            except IndexError:  # another client was faster
                return None
            if connection.reusable():
                return connection
        return None

    def give(self, connection: Connection) -> None:
        """Put an open connection back for the next client."""
        if len(self._idle) >= SHARED_MAX:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close all that are idle."""
        while self._idle:
            self._idle.popleft().close()
