"""`crosstalk trace PATH`: the steps of one request, in order, each with the line that announces it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness import records
from harness.history.steps import ACTIVE, Active, Step
from harness.inert import inert_line
from harness.options.table import REFERENCE, UsageError
from harness.verdict import EXIT_HARNESS_FAILED
from harness.workers.command import find_python, target_environment
from harness.workers.spec import Spec

from .terminal import Terminal

TRACE_TIMEOUT_S = 60
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_STEPS = {step.label: step for step in Step}


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be traced."""

    path: str
    method: str
    target: str = REFERENCE
    target_python: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Announced:
    """A step, as the traced process tells it."""

    step: str
    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class _Over:
    """The end, as the traced process tells it."""

    status: str
    left: str


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why nothing could be traced."""

    failed: str


def execute(request: Request, terminal: Terminal) -> int:
    """Trace one request and say its steps; return 0, or 3 if the target can't be traced.

    :raises UsageError: if the request is none.
    :raises TargetError: if there is no such interpreter.
    """
    if request.method not in METHODS:
        raise UsageError(f"--method: there is no {request.method!r}; choose from {', '.join(METHODS)}")
    if not request.path.startswith("/") or not request.path.isprintable():
        raise UsageError(f"{request.path!r} is no path: it starts with a slash")
    done = _run(request)
    announced = [records.from_json(_Announced, fact, "a step") for fact in done if "step" in fact]
    over = next((records.from_json(_Over, fact, "the end") for fact in done if "status" in fact), None)
    for fact in done:
        if "failed" in fact:
            terminal.complain(records.from_json(_Failed, fact, "the failure").failed)
            return EXIT_HARNESS_FAILED
    if over is None:
        terminal.complain(f"the target {request.target} ended while the request was being traced")
        return EXIT_HARNESS_FAILED
    if not announced:
        terminal.complain(f"the target {request.target} announces no steps: it carries no checkpoint hook")
        return EXIT_HARNESS_FAILED
    _say(request, announced, over, terminal)
    return 0


def _say(request: Request, announced: list[_Announced], over: _Over, terminal: Terminal) -> None:
    places = [f"{_short(one.file)}:{one.line}" for one in announced]
    width = max(len(one.step) for one in announced)
    place_width = max(map(len, places))
    terminal.say(inert_line(f"{request.method} {request.path} -> {over.status or 'no response'}"))
    for number, (one, place) in enumerate(zip(announced, places, strict=True), start=1):
        active = _active(one.step)
        line = f"{number:3}  {active}  {one.step:{width}}  {place:{place_width}}  {one.function}"
        terminal.say(inert_line(line))
    if over.left:
        terminal.say(inert_line(f"{over.left} left the application"))
    terminal.say("A: the app context is active, R: the request context is active")


def _run(request: Request) -> list[dict[str, object]]:
    python = find_python(request.target_python or sys.executable)
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as folder:
        asked = Path(folder) / "request.json"
        session_db = str(Path(folder) / "sessions.sqlite3")
        asked.write_text(
            json.dumps(
                {
                    "target": request.target,
                    "faults": request.faults,
                    "method": request.method,
                    "path": request.path,
                    "session_db": session_db,
                }
            ),
            encoding="utf-8",
        )
        try:
            done = subprocess.run(  # noqa: S603 - the interpreter that the user named
                [python, "-P", "-m", "harness.inside.tracing", str(asked)],
                env=target_environment(_spec(folder), python),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=TRACE_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UsageError(f"{request.path}: the request took longer than {TRACE_TIMEOUT_S} s") from None
    facts = [records.parse(line, "the trace") for line in done.stdout.splitlines()]
    return [fact for fact in facts if isinstance(fact, dict)]


def _spec(folder: str) -> Spec:
    """Return a spec that serves nothing but to say where to import from."""
    return Spec(
        run="trace",
        column="trace",
        model="",
        server="",
        concurrency=1,
        folder=folder,
        journal_dir="",
        log="",
        resources="",
        session_db="",
        doubts="",
    )


def _short(file: str) -> str:
    """Return a file's path from the package's parent folder on, or as short as it gets."""
    path = Path(file)
    for parent in path.parents:
        if not (parent / "__init__.py").exists():
            return str(path.relative_to(parent))
    return file


def _active(step: str) -> str:
    known = _STEPS.get(step)
    active = ACTIVE[known] if known is not None else Active(app=False, request=False)
    return ("A" if active.app else "-") + ("R" if active.request else "-")
