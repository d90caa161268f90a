"""Keeps one target: starts it, takes its output, samples it, and never lets it outlive the harness.

    python -m harness.workers.supervisor --log L --resources R --listener FD --stop-timeout S -- COMMAND...

The rule: this process is never monkey-patched, has one thread, and is the only parent of the target.
The harness may be a patched Locust process that blocks, forks or is killed; this one isn't.

Its standard input is the lifeline. ``stop`` on it asks the target to end (SIGTERM, then SIGKILL to
its whole group after the timeout); the end of it, or another parent, means that the harness is gone:
the same, in :data:`ABANDONED_S`. Its standard output is a line of JSON for each thing that happened:

    {"event": "started", "pid": 4711}
    {"event": "worker-gone", "pid": 4712}      a descendant vanished while the target lives
    {"event": "trouble", "text": "..."}        the log or the samples could not be written
    {"event": "exited", "status": 0, "expected": true, "killed": false, "log_bytes_cut": 0}
    {"event": "failed", "text": "..."}         the command could not be started at all

``status`` is the exit status, negative for a signal, as in :mod:`subprocess`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .log import BoundedLog
from .sampling import Sampler

SAMPLE_EVERY_S = 0.5
#: When the harness is gone: from its end until the target is killed. It has two seconds.
ABANDONED_S = 1.2
#: After the target's own end: how long its last output may take to arrive.
DRAIN_S = 1.0
#: Where there is no pidfd: how often to ask whether the target ended.
POLL_S = 0.05
#: Tells the target who its parent must be; see ``harness.inside.lifeline``.
PARENT_VARIABLE = "CROSSTALK_SUPERVISOR"
READ_SIZE = 65536


class Supervisor:
    """One target's life, in a single loop over its output, the lifeline and the clock."""

    def __init__(
        self, target: subprocess.Popen[bytes], output: int, log: BoundedLog, sampler: Sampler, stop_s: float
    ) -> None:
        self._target = target
        self._output = output
        self._log = log
        self._sampler = sampler
        self._stop_s = stop_s
        self._parent = os.getppid()
        self._deadline: float | None = None  # when to kill; None while nobody asked the target to stop
        self._killed = False
        self._seen: frozenset[int] = frozenset()
        self._commands = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ, self._on_output)
        self._selector.register(0, selectors.EVENT_READ, self._on_lifeline)
        self._pidfd = _open_pidfd(target.pid)
        if self._pidfd is not None:
            self._selector.register(self._pidfd, selectors.EVENT_READ, lambda: None)

    def run(self) -> int:
        """Stay until the target has ended; return its status."""
        next_sample = time.monotonic()
        while (status := self._target.poll()) is None:
            now = time.monotonic()
            if now >= next_sample:
                next_sample = now + SAMPLE_EVERY_S
                self._look()
            if self._deadline is not None and now >= self._deadline:
                self._kill()
            self._wait(min(x for x in (next_sample, self._deadline) if x is not None) - time.monotonic())
        self._kill_rest()
        self._drain()
        self._finish(status)
        return status

    def stop(self, timeout_s: float) -> None:
        """Ask the target to end; kill it if it takes longer."""
        deadline = time.monotonic() + timeout_s
        if self._deadline is None:
            self._target.send_signal(signal.SIGTERM)
        self._deadline = min(deadline, self._deadline or deadline)

    def _wait(self, seconds: float) -> None:
        if self._pidfd is None:
            seconds = min(seconds, POLL_S)
        for key, _ in self._selector.select(max(seconds, 0.0)):
            key.data()

    def _look(self) -> None:
        self._log.flush()
        pids = self._sampler.sample()
        if self._deadline is None and pids:
            for pid in sorted(self._seen - pids):
                report(event="worker-gone", pid=pid)
        self._seen = pids
        # A process forked off the harness may hold the lifeline open: then only this shows its end.
        if os.getppid() != self._parent:
            self.stop(ABANDONED_S)

    def _on_output(self) -> None:
        data = os.read(self._output, READ_SIZE)
        self._log.write(data)
        if not data:
            self._selector.unregister(self._output)

    def _on_lifeline(self) -> None:
        data = os.read(0, READ_SIZE)
        if not data:
            self._selector.unregister(0)
            self.stop(ABANDONED_S)
            return
        self._commands += data
        *lines, self._commands = self._commands.split(b"\n")
        if b"stop" in lines:
            self.stop(self._stop_s)

    def _kill(self) -> None:
        self._killed = True
        self._deadline = time.monotonic() + 1.0  # SIGKILL works at once, but not on a process in the kernel
        self._kill_rest()

    def _kill_rest(self) -> None:
        # Its group is its own (a new session), so this reaches its workers and nobody else.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._target.pid, signal.SIGKILL)

    def _drain(self) -> None:
        os.set_blocking(self._output, False)
        deadline = time.monotonic() + DRAIN_S
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while selector.select(max(deadline - time.monotonic(), 0.0)):
                data = os.read(self._output, READ_SIZE)
                if not data:
                    return
                self._log.write(data)

    def _finish(self, status: int) -> None:
        self._log.close()
        self._sampler.close()
        for text in filter(None, (self._log.problem, self._sampler.problem)):
            report(event="trouble", text=text)
        report(
            event="exited",
            status=status,
            expected=self._deadline is not None,
            killed=self._killed,
            log_bytes_cut=self._log.bytes_cut,
        )


def report(**fact: Any) -> None:
    """Tell the harness; if it is gone, nobody."""
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(fact) + "\n")
        sys.stdout.flush()


def _open_pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or an old one
        return None


def _start(command: list[str], listener: int, output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - starting what the command line names is this process's purpose
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(listener,),
        start_new_session=True,
        env={**os.environ, PARENT_VARIABLE: str(os.getpid())},
    )


def main(arguments: list[str] | None = None) -> int:
    """Run as a program; return 0 unless the target could not be started."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--log-max-bytes", type=int, required=True)
    parser.add_argument("--resources", type=Path, required=True)
    parser.add_argument("--listener", type=int, required=True)
    parser.add_argument("--stop-timeout", type=float, required=True)
    parser.add_argument("command", nargs="+")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a parent that ignored it would hide the target's end
    try:
        log = BoundedLog(given.log, given.log_max_bytes)
        sampler = Sampler(given.resources)
        output, target_end = os.pipe()
        target = _start(given.command, given.listener, target_end)
    except OSError as error:
        report(event="failed", text=f"{error.strerror or error}: {error.filename or given.command[0]}")
        return 3
    # Ours is closed, so that connections are refused, not left waiting, once the target is gone.
    os.close(given.listener)
    os.close(target_end)
    sampler.attach(target.pid)
    report(event="started", pid=target.pid)
    supervisor = Supervisor(target, output, log, sampler, given.stop_timeout)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: supervisor.stop(given.stop_timeout))
    supervisor.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
