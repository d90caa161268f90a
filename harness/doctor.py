"""What this machine has of what crosstalk needs: data for ``crosstalk doctor`` and ``run.json``.

Looks and measures; changes nothing but ports it binds for a moment. Printing is the command's business.
"""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

DISTRIBUTION = "wsgi-crosstalk"
LIBRARIES = (
    *("Werkzeug", "blinker", "itsdangerous", "gevent", "greenlet", "gunicorn"),
    *("waitress", "locust", "psutil", "Jinja2", "numpy"),
)
INTERPRETERS = ("3.11", "3.12", "3.13")
#: Programs some tests and benchmarks use: the program's names, what for.
PROGRAMS = {
    "valgrind": (("valgrind",), "counts instructions in `make bench`"),
    "Chromium": (("chromium", "chromium-browser", "google-chrome"), "opens the report in a page test"),
}
#: Listeners are bound to the first; raw clients speak from the others.
LOOPBACKS = ("127.0.0.1", "127.0.0.2")
#: A run of three columns with its journals.
DISK_FREE_MB = 1024
#: 50 users with kept and fresh connections, on both sides.
FILES_OPEN = 1024
#: Locust asks for so many open files when it starts.
LOCUST_RAISES_TO = 10_000


class State(Enum):
    """How a finding bears on a run."""

    OK = "ok"
    ABSENT = "absent"  # something is skipped without it
    WRONG = "wrong"  # a run can't be right, or can't be at all


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``text`` says what was found, or what to do."""

    subject: str
    state: State
    text: str


def diagnose(reports: Path) -> list[Finding]:
    """Return everything found, what runs need first."""
    return [
        _find_platform(),
        *_find_libraries(),
        *(_find_loopback(address) for address in LOOPBACKS),
        _find_disk(reports),
        _find_file_limit(),
        *(_find_interpreter(version) for version in INTERPRETERS),
        *_find_programs(),
    ]


def versions() -> dict[str, str]:
    """Return the versions a run was made with, by name; libraries that are not there are left out."""
    found = {"crosstalk": _version_of(DISTRIBUTION), **{name: _version_of(name) for name in LIBRARIES}}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: version for name, version in found.items() if version},
    }


def _version_of(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _find_platform() -> Finding:
    text = f"Python {platform.python_version()} on {platform.system()} {platform.release()}"
    if ".".join(platform.python_version_tuple()[:2]) not in INTERPRETERS:
        return Finding("platform", State.WRONG, f"{text}: use Python {', '.join(INTERPRETERS)}")
    if sys.platform != "linux":
        return Finding("platform", State.ABSENT, f"{text}: Linux is the reference, others are not tested")
    return Finding("platform", State.OK, text)


def _find_libraries() -> Iterator[Finding]:
    for name in LIBRARIES:
        version = _version_of(name)
        if version:
            yield Finding(name, State.OK, version)
        else:
            yield Finding(name, State.WRONG, "not installed: install crosstalk with its dependencies")


def _find_loopback(address: str) -> Finding:
    subject = f"loopback {address}"
    try:
        with socket.create_server((address, 0)) as listener:
            socket.create_connection(listener.getsockname(), timeout=2).close()
        return Finding(subject, State.OK, "ports can be bound and reached")
    except OSError as error:
        reason = error.strerror or str(error)
        if address == LOOPBACKS[0]:
            return Finding(subject, State.WRONG, f"{reason}: targets listen there")
        return Finding(subject, State.ABSENT, f"{reason}: clients can't tell their addresses apart")


def _find_disk(reports: Path) -> Finding:
    folder = next(path for path in (reports.absolute(), *reports.absolute().parents) if path.exists())
    free_mb = shutil.disk_usage(folder).free >> 20
    text = f"{free_mb} MB free for {reports}"
    if free_mb < DISK_FREE_MB:
        return Finding("disk", State.WRONG, f"{text}: free some, or give another --reports")
    return Finding("disk", State.OK, text)


def _find_file_limit() -> Finding:
    try:
        import resource
    except ImportError:
        return Finding("open files", State.ABSENT, "this platform does not say how many")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < FILES_OPEN:
        return Finding("open files", State.WRONG, f"at most {soft}: raise it, `ulimit -n {FILES_OPEN}`")
    return Finding("open files", State.OK, f"at most {soft}" if soft >= 0 else "no limit")


def files_open_max() -> int:
    """Return how many files a process of Locust, which raises its own limit if it may, has open at most."""
    try:
        import resource
    except ImportError:  # not a Unix
        return sys.maxsize
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = (sys.maxsize if limit == resource.RLIM_INFINITY else limit for limit in limits)
    return max(soft, LOCUST_RAISES_TO) if hard >= LOCUST_RAISES_TO else soft


def _find_interpreter(version: str) -> Finding:
    subject = f"Python {version}"
    if version == ".".join(platform.python_version_tuple()[:2]):
        return Finding(subject, State.OK, f"{sys.executable} (this one)")
    program = shutil.which(f"python{version}")
    # A shim that some version manager left may be found and yet start nothing.
    if program is None or not _says(program, f"Python {version}."):
        return Finding(subject, State.ABSENT, f"no python{version} on the path: `make test-all` skips it")
    return Finding(subject, State.OK, program)


def _says(program: str, start: str) -> bool:
    try:
        done = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.startswith(start)


def _find_programs() -> Iterator[Finding]:
    for subject, (names, purpose) in PROGRAMS.items():
        found = next(filter(None, map(shutil.which, names)), None)
        if found:
            yield Finding(subject, State.OK, found)
        else:
            yield Finding(subject, State.ABSENT, f"none on the path; it {purpose}")
