"""Ends idle connections when a server stops; requests in flight are still answered."""

from __future__ import annotations

# The type beneath: gevent's own shutdown() would raise in the greenlet that waits to read.
import _socket
import contextlib
from collections.abc import Iterable
from typing import Protocol


class HasFileno(Protocol):
    """An open connection."""

    def fileno(self) -> int:
        """Return its descriptor, -1 if it is closed."""


def hang_up(connections: Iterable[HasFileno]) -> None:
    """Let whoever reads from these connections see their end, after what has arrived already."""
    for connection in list(connections):
        with contextlib.suppress(OSError, ValueError):
            beneath = _socket.socket(fileno=connection.fileno())
            try:
                beneath.shutdown(_socket.SHUT_RD)
            finally:
                beneath.detach()
