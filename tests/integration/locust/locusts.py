"""Real Locusts, as people start them; each in a session of its own, so that nothing survives a test."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[3]
LOCUSTFILE = ROOT / "locustfiles" / "isolation.py"
#: For one look; a first import on a busy machine takes long.
WAIT_S = 60.0
LOOK_EVERY_S = 0.05
T = TypeVar("T")


def eventually(look: Callable[[], T | None], what: str) -> T:
    """Return what *look* returns once that is true; looks again and again, there being nothing to wait on."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(LOOK_EVERY_S)
    raise AssertionError(f"waited in vain for {what}")


def free_port() -> int:
    """Return a port that is free now; Locust can't be given a bound socket.

    Not one the system would pick: the load's own connections take those while Locust still starts.
    """
    for _ in range(100):
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as sock:
            try:
                sock.bind(("", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


class Process:
    """A command of ours, its output in a file."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._log = log
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
        with log.open("wb") as file:
            self._popen = subprocess.Popen(
                command,
                cwd=ROOT,
                # A worker that is killed leaves its spool: with the test's own files.
                env={**environment, "PYTHONPATH": str(ROOT), "TMPDIR": str(log.parent)},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """As :func:`eventually`, but give up when the process has ended, and show what it said."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline and self._popen.poll() is None:
            found = look()
            if found:
                return found
            time.sleep(LOOK_EVERY_S)
        raise AssertionError(f"waited in vain for {what} (status {self._popen.poll()}):\n{self.output}")

    def send(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def send_all(self, number: signal.Signals) -> None:
        """To the whole group, as a terminal does."""
        os.killpg(self.pid, number)

    def children(self, word: str) -> list[int]:
        """Return the child processes whose command line has *word* in it."""
        pids = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(pid) for pid in pids if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def wait(self, seconds: float = WAIT_S) -> int:
        return self._popen.wait(seconds)

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()


class Runs:
    """The runs under one reports folder."""

    def __init__(self, reports: Path) -> None:
        self.reports = reports

    def folders(self) -> list[Path]:
        return sorted(self.reports.glob("*-*-*"), key=lambda path: path.stat().st_mtime)

    def only(self) -> Path:
        (folder,) = self.folders()
        return folder

    def verdicts(self) -> list[dict[str, Any]]:
        """Return the verdicts, in the order of their runs."""
        written = [folder / "verdict.json" for folder in self.folders()]
        found = [json.loads(path.read_text()) for path in written if path.exists()]
        return sorted(found, key=lambda verdict: str(verdict["meta"]["created_utc"]))

    def verdict(self) -> dict[str, Any]:
        (verdict,) = self.verdicts()
        return verdict

    def operations_began(self) -> bool:
        """Whether some client has recorded more than its journal's first claim."""
        return any(path.stat().st_size > 80_000 for path in self.reports.glob("*/*/client/*.journal"))


def invariants(verdict: dict[str, Any]) -> dict[str, str]:
    """Return the state of each invariant of a run of one column."""
    (column,) = verdict["columns"]
    return {result["invariant"]: result["state"] for result in column["results"]}


def operations(verdict: dict[str, Any]) -> int:
    (column,) = verdict["columns"]
    return int(column["measures"]["operations"])


def doubts(verdict: dict[str, Any]) -> str:
    return "\n".join([*verdict["doubts"], *(d for column in verdict["columns"] for d in column["doubts"])])


class Web:
    """Locust's web interface."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> Any:
        """Return the parsed answer, None while there is none."""
        try:
            with urllib.request.urlopen(self._base + path, timeout=WAIT_S) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def page(self) -> str:
        with urllib.request.urlopen(self._base + "/", timeout=WAIT_S) as answer:
            return str(answer.read().decode())

    def post(self, path: str, form: Mapping[str, str], origin: str = "") -> tuple[int, str]:
        headers = {"Origin": origin} if origin else {}
        body = urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(self._base + path, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def start(self, **form: str) -> None:
        status, said = self.post("/swarm", {"user_count": "10", "spawn_rate": "10", "host": "", **form})
        assert (status, json.loads(said)["success"]) == (200, True), said


def locust(*arguments: str, locustfile: Path | str = LOCUSTFILE) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(locustfile), "--only-summary", *arguments]


def headless(*arguments: str, locustfile: Path | str = LOCUSTFILE) -> list[str]:
    options = ("--headless", "--users=10", "--spawn-rate=10")
    return locust(*options, *arguments, locustfile=locustfile)
