"""Serves a wrapped application over HTTP in this process, on loopback, for the length of a block.

Werkzeug's own server: a thread for each connection. The port is the system's choice, so that tests which run
in parallel never share one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import WSGIRequestHandler, make_server

from harness.target import WSGIApplication


class _Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - Werkzeug's name
        """Say nothing: what matters is recorded."""


@contextmanager
def serving(app: WSGIApplication) -> Iterator[tuple[str, int]]:
    """Serve *app*; yield the address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, name="crosstalk-server", daemon=True)
    thread.start()
    try:
        yield ("127.0.0.1", server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
