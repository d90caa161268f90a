"""The probes on a server in this process, with a guard around them as the harness puts one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from waitress import wasyncore
from waitress.server import create_server
from werkzeug.serving import WSGIRequestHandler, make_server

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class QuietHandler(WSGIRequestHandler):
    """A handler without a log."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - Werkzeug's name
        """Say nothing."""


def guarded(app: WSGI) -> WSGI:
    """Answer what leaves *app* with a plain 500."""

    def guard(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        begun: list[Any] = []

        def hold(*head: Any) -> Callable[[bytes], None]:
            begun[:] = head
            return lambda _: None

        try:
            body = app(environ, hold)
        except BaseException:
            start_response("500 INTERNAL SERVER ERROR", [("Content-Length", "0")])
            return []
        start_response(*begun)
        return body

    return guard


@contextmanager
def served(app: WSGI) -> Iterator[tuple[str, int]]:
    """Serve *app* with a thread for each connection, which is closed after one response."""
    server = make_server("127.0.0.1", 0, guarded(app), threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield "127.0.0.1", server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def served_over_kept_connections(app: WSGI) -> Iterator[tuple[str, int]]:
    """Serve *app* from a pool of threads; connections are kept."""
    channels: dict[int, Any] = {}
    server = create_server(guarded(app), map=channels, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=wasyncore.loop, kwargs={"timeout": 0.01, "map": channels})
    thread.start()
    try:
        yield "127.0.0.1", int(server.effective_port)
    finally:
        server.task_dispatcher.shutdown()
        # In the loop's own thread; without a channel the loop ends.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(channels))
        thread.join(10)
