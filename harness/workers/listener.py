"""The target's listener: bound by the harness, passed on as a file descriptor.

So nobody races for a free port, and the first connections wait in the backlog instead of being refused.
"""

from __future__ import annotations

import errno
import ipaddress
import socket

from .failure import TargetError

LOOPBACK = "127.0.0.1"
#: A cold-start burst must fit; the kernel caps it (``net.core.somaxconn``).
BACKLOG = 1024

_REASONS = {
    errno.EADDRINUSE: "it is in use: stop what listens there, or choose another --port",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose another --bind",
    errno.EACCES: "this user may not: choose a --port above 1023",
}


def bind_listener(address: str = LOOPBACK, port: int = 0) -> socket.socket:
    """Return a socket that listens on *address*; with port 0, on a port the system picks.

    :raises TargetError: if it can't be bound; the message says what to change.
    """
    if not 0 <= port <= 65535:
        raise TargetError(f"can't listen on port {port}: ports go from 0 to 65535")
    try:
        info = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise TargetError(f"can't listen on {address!r}: it is no address of this machine") from error
    family, kind, protocol, _, where = info[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit it. Without it gevent.pywsgi, which writes headers and body
        # separately, stalls 40 ms on each kept connection (0.36k against 12.8k requests/s).
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(where)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        raise TargetError(f"can't listen on {address} port {port}: {reason}") from error
    return listener


def reachable_address(listener: socket.socket) -> tuple[str, int]:
    """Return (host, port) by which this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    parsed = ipaddress.ip_address(host.partition("%")[0])
    if parsed.is_unspecified:
        host = LOOPBACK if parsed.version == 4 else "::1"
    return host, port


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach *address*; False if that can't be told."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
