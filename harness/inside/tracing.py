"""Sends one request through the target and says each step it announces, and where it does.

    python -m harness.inside.tracing REQUEST.JSON

Runs in a process of its own, under the target's interpreter, without a server. It answers the
question that reading a framework raises most: where in the code does this step happen? The answer is
the line that announces the step.

Standard output is a line of JSON for each step, ``{"step", "file", "line", "function"}``, and at the
end ``{"status": "200 OK", "left": ""}``, ``left`` naming an exception that left the application; or
``{"failed": "..."}`` if the target can't be loaded. Whatever the target itself prints goes to standard error.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import unquote, urlsplit

from harness.target import Loaded, LoadError, load_target

from .places import find_place


def main(arguments: list[str]) -> int:
    """Trace the request that a JSON file describes; return 0, or 3 if the target can't be loaded."""
    asked = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        target = load_target(asked["target"], tuple(asked["faults"]), asked["session_db"])
    except LoadError as error:
        _tell(out, failed=str(error))
        return 3
    trace(target, asked["method"], asked["path"], out)
    return 0


def trace(target: Loaded, method: str, path: str, out: TextIO) -> None:
    """Send the request and write its steps to *out* as they are announced."""
    status: list[str] = []
    left = ""
    target.install_checkpoint(lambda step, _: _tell_step(out, step))
    try:
        _request(target, make_environ(method, path), status)
    except BaseException as error:  # a view's SystemExit is a step's end, not this process's
        left = type(error).__name__
    finally:
        target.install_checkpoint(None)
    _tell(out, status=status[-1] if status else "", left=left)


def make_environ(method: str, path: str) -> dict[str, Any]:
    """Return the WSGI environment of a request without a body."""
    parts = urlsplit(path)
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path, "latin-1") or "/",
        "QUERY_STRING": parts.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _request(target: Loaded, environ: dict[str, Any], status: list[str]) -> None:
    """Do what a server does: call, iterate to the end, close."""

    def start_response(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        status.append(line)
        return lambda data: None

    body = target.wsgi(environ, start_response)
    try:
        for _ in body:
            pass
    finally:
        if hasattr(body, "close"):
            body.close()


def _tell_step(out: TextIO, step: str) -> None:
    # 0 is this function, 1 the lambda, 2 whoever called the hook.
    place = find_place(step, sys._getframe(2))  # noqa: SLF001 - the only way to a caller's line
    _tell(out, step=step, file=place.file, line=place.line, function=place.function)


def _tell(out: TextIO, **fact: Any) -> None:
    out.write(json.dumps(fact) + "\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
