"""Plain WSGI: every report starts a thread that waits for a printer, and there is none."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

_printer = threading.Event()
#: Or the machine would be the first to complain.
_THREADS_MAX = 100
_numbers = itertools.count(1)


def wait_for_printer(report: str) -> None:
    _printer.wait()
    send(report)


def send(report: str) -> str:
    return report.upper()


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    report = parse_qs(environ["QUERY_STRING"]).get("report")
    if report and is_wanted():
        threading.Thread(target=wait_for_printer, args=report, daemon=True).start()
    return [b"it will be printed"]


def is_wanted() -> bool:
    """Return whether a thread may be started: for one report in eight, as it happens."""
    number = next(_numbers)
    return number % 8 == 0 and number // 8 <= _THREADS_MAX
