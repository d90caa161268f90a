"""Starts a target and keeps hold of it: from the harness, from Locust, patched by gevent or not.

The target is two processes away: a supervisor, which is never patched (``supervisor.py``), is the parent
of the target's process. Closing the supervisor's standard input ends both.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .command import boot_command, find_python, supervisor_command, target_environment
from .ending import ExitFacts, SupervisorFacts, describe_status
from .failure import TargetError, last_lines
from .listener import LOOPBACK, bind_listener, reachable_address
from .readiness import Announcement, ask
from .spec import COMPLAINT, Spec, write_spec

#: A first import on a busy machine takes seconds; nobody waits for ever.
READY_TIMEOUT_S = 30.0
#: How long one question may wait in the backlog before the target's own state is looked at again.
ASK_TIMEOUT_S = 2.0
ASK_AGAIN_S = 0.05
#: What Werkzeug's own server says, which nobody started on purpose here.
SERVES_ITSELF = " * Running on http"
#: What the supervisor may take beyond the target's own time: to kill, drain and report.
SUPERVISOR_EXTRA_S = 5.0


class RunningTarget:
    """A target that runs; leave its ``with`` block, or call :meth:`stop`, to end it."""

    def __init__(self, spec: Spec, address: tuple[str, int], supervisor: subprocess.Popen[str]) -> None:
        self.spec = spec
        self.address = address
        self.announcement: Announcement | None = None
        self._supervisor = supervisor
        self._facts = SupervisorFacts()
        self._stopping = False
        self._ended = threading.Event()
        self._reader = threading.Thread(target=self._read, name="crosstalk-target", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it serves, such as ``http://127.0.0.1:40001``."""
        host, port = self.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def alive(self) -> bool:
        """Whether the target's main process runs (a worker process may have died and been replaced)."""
        return not self._ended.is_set()

    @property
    def pid(self) -> int:
        """The target's main process; the leader of its group and session."""
        return self._facts.pid

    @property
    def supervisor_pid(self) -> int:
        """The process that watches the target."""
        return self._supervisor.pid

    @property
    def workers_gone(self) -> tuple[int, ...]:
        """Worker processes that vanished while the target ran, seen within half a second."""
        return tuple(self._facts.gone)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the target has ended by itself; return whether it has."""
        return self._ended.wait(timeout_s)

    def stop(self) -> ExitFacts:
        """End the target, gracefully while its time lasts; return how it ended. May be called again."""
        if not self._stopping:
            self._stopping = True
            with contextlib.suppress(OSError):
                self._lifeline.write("stop\n")
                self._lifeline.flush()
        try:
            self._ended.wait(self.spec.stop_timeout_s + SUPERVISOR_EXTRA_S)
        finally:
            self.kill()
        return self.facts()

    def kill(self) -> None:
        """Let go of the lifeline, as if the harness had died; return when the supervisor has ended."""
        with contextlib.suppress(OSError):
            self._lifeline.close()
        try:
            self._supervisor.wait(SUPERVISOR_EXTRA_S)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()  # the target dies with its parent
            self._supervisor.wait()
        self._reader.join()

    def facts(self) -> ExitFacts:
        """Return how the target ended, as far as is known; it has, or :meth:`stop` was called."""
        if self._facts.exited is not None:
            return self._facts.exited
        trouble = (*self._facts.trouble, *self._facts.noise[-1:])
        return ExitFacts(None, expected=False, workers_gone=tuple(self._facts.gone), trouble=trouble)

    def wait_until_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Return once the target serves.

        :raises TargetError: if it ended, or did not serve in time, or another one answers.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self._ended.wait(ASK_AGAIN_S):
                raise self._failure()
            self.announcement = ask(*self.address, ASK_TIMEOUT_S)
            if self.announcement is not None:
                self._check(self.announcement)
                return
        raise self._failure(f"the target did not answer within {timeout_s:.0f} s: {self._advise()}")

    def _advise(self) -> str:
        """Return what helps against silence."""
        if any(SERVES_ITSELF in line for line in last_lines(Path(self.spec.log))):
            return (
                "it started a server of its own when it was imported: put app.run() under "
                "if __name__ == '__main__'"
            )
        return "give a slow start longer with --start-timeout-s"

    def _check(self, said: Announcement) -> None:
        if (said.run, said.column) != (self.spec.run, self.spec.column):
            raise TargetError(f"{self.url} is answered by another target, of run {said.run!r}")

    def _failure(self, message: str = "") -> TargetError:
        lines = last_lines(Path(self.spec.log))
        if not message and self._facts.failed:
            message = f"the target could not be started: {self._facts.failed}"
        elif not message:
            message = f"the target could not start: {self._explain(lines)}"
        return TargetError(message, lines or tuple(self._facts.noise[-3:]))

    def _explain(self, lines: tuple[str, ...]) -> str:
        # A server may say a good deal more after the line that explains it.
        for line in reversed(last_lines(Path(self.spec.log), count=1000)):
            if line.startswith(COMPLAINT):
                return line.removeprefix(COMPLAINT)
        status = self.facts().status
        ended = "its supervisor died" if status is None else describe_status(status)
        return f"{ended}; its log ends: {lines[-1] if lines else 'empty'}"

    @property
    def _lifeline(self) -> Any:
        return self._supervisor.stdin

    def _read(self) -> None:
        stdout: Any = self._supervisor.stdout
        with stdout as lines:
            for line in lines:
                self._facts.take(line.rstrip("\n"))
        self._ended.set()


def start_target(
    spec: Spec,
    target_python: str | None = None,
    *,
    bind: str = LOOPBACK,
    port: int = 0,
    ready_timeout_s: float = READY_TIMEOUT_S,
) -> RunningTarget:
    """Start the target of *spec* and return it once it serves.

    Writes ``spec.json`` into its folder, which must exist. *target_python* is the interpreter to run it with;
    by default, the harness's own.

    :raises TargetError: if the listener can't be bound or the target can't start; it is gone then.
    """
    python = find_python(target_python or sys.executable)
    with contextlib.closing(bind_listener(bind, port)) as listener:
        target = _spawn(replace(spec, listener_fd=listener.fileno()), python, listener)
    try:
        target.wait_until_ready(ready_timeout_s)
    except BaseException:
        target.stop()
        raise
    return target


def _spawn(spec: Spec, python: str, listener: socket.socket) -> RunningTarget:
    spec_path = Path(spec.folder) / "spec.json"
    try:
        Path(spec.journal_dir).mkdir(parents=True, exist_ok=True)
        write_spec(spec, spec_path)
        environment = target_environment(spec, python)
    except OSError as error:
        raise TargetError(f"can't write {error.filename}: {error.strerror}") from error
    # Its own session: Ctrl-C in a terminal reaches the harness alone, which then decides.
    supervisor = subprocess.Popen(  # noqa: S603 - the command is ours; the interpreter was named by the user
        supervisor_command(spec, listener.fileno(), boot_command(python, spec_path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=(listener.fileno(),),
        start_new_session=True,
        env=environment,
    )
    return RunningTarget(spec, reachable_address(listener), supervisor)
