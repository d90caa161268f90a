"""waitress: one process, an event loop that feeds a pool of threads."""

from __future__ import annotations

import logging
import signal
from typing import Any

import waitress

from .hosted import Hosted

SETTINGS: dict[str, Any] = {
    # Its default of 100 is fewer connections than a run opens.
    "connection_limit": 4096,
    # select() can't watch descriptors above 1023.
    "asyncore_use_poll": True,
    "backlog": 1024,
}


def serve(hosted: Hosted) -> None:
    """Serve until SIGTERM; requests in flight are finished."""
    # A line for each request that has to wait is no news under load.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server: Any = waitress.create_server(
        hosted.load(), sockets=[hosted.listener()], **SETTINGS, **hosted.settings
    )
    signal.signal(signal.SIGTERM, _leave)
    server.run()  # catches SystemExit, then waits up to 5 s for its threads
    server.close()
    hosted.close()


def _leave(*_: object) -> None:
    raise SystemExit
