"""gevent.pywsgi: one process, one thread, a greenlet for each connection.

``boot`` has patched the standard library already.
"""

from __future__ import annotations

import signal
from typing import Any

import gevent
from gevent.event import Event
from gevent.pywsgi import WSGIServer

from .hanging_up import hang_up
from .hosted import Hosted

#: How long killed greenlets may take to end.
KILL_S = 1.0


class _Server(WSGIServer):
    """Knows its open connections, so that it can end in order."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.connections: set[Any] = set()

    def handle(self, sock: Any, address: Any) -> None:
        """Handle one connection."""
        self.connections.add(sock)
        try:
            super().handle(sock, address)
        finally:
            self.connections.discard(sock)


def serve(hosted: Hosted) -> None:
    """Serve until SIGTERM; requests in flight are finished while the grace lasts."""
    server = _Server(hosted.listener(), hosted.load(), log=None, **hosted.settings)
    stopping = Event()
    gevent.signal_handler(signal.SIGTERM, stopping.set)
    server.start()
    stopping.wait()
    server.stop_accepting()
    hang_up(server.connections)
    server.stop(timeout=max(hosted.spec.grace_s - KILL_S, KILL_S))
    hosted.close()
