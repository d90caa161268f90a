"""What a server is given to host."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.workers.spec import Spec
from harness.workers.table import Hosting

WSGIApplication: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Any]


@dataclass(frozen=True, slots=True)
class Hosted:
    """The target, before it is loaded, and what its server must call."""

    spec: Spec
    hosting: Hosting
    load: Callable[[], WSGIApplication]  # imports the app and wraps it; once, where the server says
    close: Callable[[], None]  # closes the journals of the process that stops serving in order

    @property
    def settings(self) -> dict[str, Any]:
        """The server's settings, with the concurrency asked for."""
        return settings_for(self.hosting, self.spec.concurrency)

    def listener(self) -> socket.socket:
        """Return the listener that was passed on."""
        # A harness patched by gevent made it non-blocking; the flag belongs to both processes.
        listener = socket.socket(fileno=self.spec.listener_fd)
        listener.setblocking(True)
        return listener


def settings_for(hosting: Hosting, concurrency: int) -> dict[str, Any]:
    """Return a server's own settings, its concurrency among them."""
    return {**hosting.server.settings, hosting.server.concurrency_setting: concurrency}
