"""gunicorn: gthread, sync and gevent workers, on the inherited listener."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from harness.inside.lifeline import die_with_parent

from .hosted import Hosted, WSGIApplication

SETTINGS: dict[str, Any] = {
    # Since 25.1 two instances fight over one control socket in the home folder.
    "control_socket_disable": True,
    # 0: a worker that is busy for long is no failure here, and idle ones look for a new parent
    # twice a second instead of every fifteen.
    "timeout": 0,
    # A kept connection that the server closes while the client sends is an operation lost.
    "keepalive": 75,
    "loglevel": "info",
    "errorlog": "-",
    "accesslog": None,
}
#: Heartbeats written to a real disk block a worker when it is full or slow.
MEMORY_FOLDER = "/dev/shm"  # noqa: S108 - gunicorn makes an unlinked file of its own in it


class _Application(BaseApplication):  # type: ignore[misc]
    """Configured by us alone: no command line, no configuration file, no environment."""

    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted
        super().__init__()

    def load_config(self) -> None:
        for name, value in {**SETTINGS, **self._hosted.settings, **self._particular()}.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        return self._hosted.load()

    def _particular(self) -> dict[str, Any]:
        def post_fork(server: Any, worker: Any) -> None:
            die_with_parent(worker.ppid)

        def worker_exit(server: Any, worker: Any) -> None:
            if worker.pid == os.getpid():  # the master calls this too, for one that vanished
                self._hosted.close()

        writable = Path(MEMORY_FOLDER).is_dir() and os.access(MEMORY_FOLDER, os.W_OK)
        return {
            "bind": f"fd://{self._hosted.spec.listener_fd}",
            "graceful_timeout": max(int(self._hosted.spec.grace_s), 1),
            "worker_tmp_dir": MEMORY_FOLDER if writable else None,
            "post_fork": post_fork,
            "worker_exit": worker_exit,
        }


def serve(hosted: Hosted) -> None:
    """Serve until SIGTERM; ends by SystemExit, in the master and in each worker."""
    os.set_blocking(hosted.spec.listener_fd, False)
    _Application(hosted).run()
