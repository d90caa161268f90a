"""The client's side of the history: one INVOKE, what came back, and how it ended, per operation.

Rows have the layout of ``harness/history/layout.py`` (client side). ``FAIL`` is written only if
nothing was sent; what was sent and not answered whole is ``INFO``. Details for people, redacted,
go to a file of their own and never decide a verdict.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from harness.history.canary import ABSENT, to_text
from harness.history.layout import (
    DETAIL_SHIFT,
    HIGH_SHIFT,
    KIND_SHIFT,
    POINT_SHIFT,
    SCENARIO_SHIFT,
    Ending,
    Kind,
)
from harness.workload.operation import Operation

from .redaction import TEXT_CHARACTERS_MAX, describe_request

_LOW = (1 << 32) - 1


class Journal(Protocol):
    """Where rows go: eight 64-bit words each, safe to call from any thread or greenlet."""

    def write(  # noqa: PLR0917 - the eight words of a record
        self, w1: int, w2: int, w3: int, w4: int, w5: int, w6: int, w7: int, w8: int, /
    ) -> None:
        """Append one record."""


class Details(Protocol):
    """Where redacted texts go."""

    def write(self, op: int, text: str, sent: str = "", /) -> None:
        """Keep a text about the operation with this canary, and what was sent for it."""


class Carrier(Protocol):
    """A connection, as far as it is recorded."""

    @property
    def number(self) -> int:
        """Its number, of those of its client's."""

    @property
    def ordinal(self) -> int:
        """How many operations it has carried."""


#: Kept free for the line that says how many others were dropped.
_LAST_LINE_BYTES = 128


def _line(op: int, text: str, sent: str = "") -> bytes:
    fields = {"op": to_text(op), "text": text[:TEXT_CHARACTERS_MAX]}
    if sent:
        fields["sent"] = sent[:TEXT_CHARACTERS_MAX]
    return json.dumps(fields).encode() + b"\n"


class DetailsWriter:
    """Appends redacted lines ``{"op": "<16 hex>", "text": "...", "sent": "..."}`` to a file of bounded size.

    :param bytes_max: once a line would not fit, it and all later ones are dropped and counted in
        ``dropped``; so is a line the disk does not take. The last line says how many.
    :raises OSError: if the file can't be opened.
    """

    def __init__(self, path: str | os.PathLike[str], bytes_max: int = 4_194_304) -> None:
        self._file = Path(path).open("ab", buffering=0)  # noqa: SIM115 - kept open, see close()
        self._room = bytes_max - _LAST_LINE_BYTES
        self._lock = threading.Lock()
        self.dropped = 0

    def write(self, op: int, text: str, sent: str = "") -> None:
        """Append a line about the operation with this canary; both texts are already redacted."""
        line = _line(op, text, sent)
        with self._lock:
            if len(line) > self._room:
                self._room = 0
                self.dropped += 1
                return
            self._room -= len(line)
            try:
                self._file.write(line)
            except OSError:
                self._room = 0
                self.dropped += 1

    def close(self) -> None:
        """Close the file; its last line says how many were dropped, if any were. Idempotent."""
        if self._file.closed:
            return
        if self.dropped:
            with suppress(OSError):  # a full disk: `dropped` still tells
                self._file.write(_line(ABSENT, f"{self.dropped} more were not kept"))
        self._file.close()


class Recorder:
    """Writes the rows of one client's operations.

    :param details: where redacted text goes, None for nowhere.
    :param clock: monotonic nanoseconds.
    """

    def __init__(
        self,
        journal: Journal,
        details: Details | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._write = journal.write
        self._details = details
        self._clock = clock

    def invoke(self, operation: Operation, connection: Carrier) -> Trail:
        """Write INVOKE, just before the request is sent; its detail is the connection's policy."""
        return Trail(self._write, self._clock, operation, connection)

    def explain(self, operation: Operation, text: str) -> None:
        """Keep a redacted line about an operation that did not go as it should."""
        if self._details is not None:
            self._details.write(operation.canary, text, describe_request(operation))


class Trail:
    """The rows of one operation: made by INVOKE, ended by one of :meth:`end`'s kinds.

    ``invoked_ns`` is the time of INVOKE, ``ended_ns`` that of the end, 0 before.
    """

    __slots__ = (
        "_clock",
        "_connection",
        "_meta",
        "_op",
        "_session",
        "_where",
        "_write",
        "ended_ns",
        "invoked_ns",
    )

    def __init__(
        self,
        write: Callable[[int, int, int, int, int, int, int, int], None],
        clock: Callable[[], int],
        operation: Operation,
        connection: Carrier,
    ) -> None:
        self._write = write
        self._clock = clock
        self._op = operation.canary
        self._session = operation.session
        self._connection = (connection.number & _LOW) | connection.ordinal << HIGH_SHIFT
        self._where = where()
        self._meta = operation.scenario << SCENARIO_SHIFT | operation.route
        self.ended_ns = 0
        self.invoked_ns = clock()
        self._row(self.invoked_ns, Kind.INVOKE, 0, 0, 0, operation.policy.value)

    def _row(  # noqa: PLR0917 - the words of a record that differ
        self, t: int, kind: int, point: int, expected: int, value: int, detail: int
    ) -> None:
        meta = self._meta | point << POINT_SHIFT | kind << KIND_SHIFT | detail << DETAIL_SHIFT
        self._write(t, self._op, expected, value, self._session, self._connection, self._where, meta)

    def observe(self, observations: Iterable[tuple[int, int, int, int]]) -> None:
        """Write one OBSERVE row (field, expected, value, detail) each, at the time of completion."""
        t = self.completed()
        for field, expected, value, detail in observations:
            self._row(t, Kind.OBSERVE, field, expected, value, detail)

    def completed(self) -> int:
        """Note that the response has arrived, before anything is made of it; return the time."""
        self.ended_ns = self.ended_ns or self._clock()
        return self.ended_ns

    def end(self, kind: Kind, status: int = 0, ending: Ending = Ending.WHOLE) -> None:
        """Write OK, FAIL or INFO: value = HTTP status, detail = how it came to its OK."""
        self._row(self.completed(), kind, 0, 0, status, ending)


def where() -> int:
    """Return the "where" word: the real thread below, the greenlet (0 if there is none) above."""
    greenlets = sys.modules.get("greenlet")
    greenlet = 0 if greenlets is None else id(greenlets.getcurrent()) >> 4
    return (threading.get_native_id() & _LOW) | (greenlet & _LOW) << HIGH_SHIFT
