"""gunicorn's gevent worker, ending in order.

The original waits for idle kept connections as if they were requests, until its master kills it and its
journal stays open.
"""

from __future__ import annotations

from types import FrameType
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

from harness.inside.servers.hanging_up import hang_up

#: How often to hang up while stopping: connections are accepted for up to a second longer.
AGAIN_S = 0.1


class HangingUpWorker(GeventWorker):  # type: ignore[misc]
    """Lets connections that wait for a request see its end once it is asked to stop."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._open: set[Any] = set()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Handle one connection."""
        self._open.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self._open.discard(client)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle SIGTERM."""
        super().handle_exit(sig, frame)
        gevent.spawn(self._hang_up)

    def _hang_up(self) -> None:
        while True:
            hang_up(self._open)
            gevent.sleep(AGAIN_S)
