"""Werkzeug's threaded server: a thread per connection, at most as many as asked for."""

from __future__ import annotations

import signal
import socket
import threading
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from .hanging_up import hang_up
from .hosted import Hosted, WSGIApplication

POLL_S = 0.1


class _Quiet(WSGIRequestHandler):
    """Logs errors only."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: a line for each request would be the costliest part of it."""


class _Server(ThreadedWSGIServer):
    """Ends in order: no new connection, what is in flight answered, then back to the caller."""

    daemon_threads = False  # socketserver waits for those only
    block_on_close = True

    def __init__(self, app: WSGIApplication, listener: socket.socket, threads: int) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(host, port, app, handler=_Quiet, fd=listener.fileno())
        self._free = threading.Semaphore(threads)
        self.connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._free.acquire()
        self.connections.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.connections.discard(request)
            self._free.release()


def serve(hosted: Hosted) -> None:
    """Serve until SIGTERM; requests in flight are finished."""
    with hosted.listener() as listener:
        server = _Server(hosted.load(), listener, hosted.spec.concurrency)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    # Signals arrive in this thread, and shutdown() must not be called in the accepting one.
    accepting = threading.Thread(target=server.serve_forever, args=(POLL_S,), name="werkzeug-accept")
    accepting.start()
    stopping.wait()
    hang_up(server.connections)  # else it may wait for a free place before it looks whether to stop
    server.shutdown()
    hang_up(server.connections)
    accepting.join()
    hosted.close()
