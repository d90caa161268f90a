"""What it costs to look at the contexts of a Flask application: a request with a session, side by side.

One application is asked in turn, observed and put back as it was: its wrappers are in place only while they
are measured. No others are let run, since that is what yields cost, not recording.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from harness.history.canary import CanaryKind, make_canary
from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.history.reader import open_journal
from harness.history.scenarios import Scenario
from harness.inside.locality import Locality
from harness.inside.observer import Observer
from harness.inside.of_flask.installing import observe_flask
from harness.inside.visitors import NO_CONTEXTS
from harness.inside.wrapper import Wrapper
from harness.plugin.calling import call, make_environ

from .residue import flask_app
from .rounds import ROUNDS, alternate

REQUESTS = 50  # in a round
_JOURNAL_MAX_BYTES = 1 << 28


@dataclass(slots=True)
class _Bench:
    """The application, and what records it."""

    app: Any
    observer: Observer
    locality: Locality
    numbers: itertools.count[int]

    def observed(self) -> int:
        """Return the nanoseconds of CPU time of one request that is observed."""
        seen = observe_flask(self.app, self.observer)
        try:
            return self._ask(Wrapper(self.app, self.locality, self.observer, {}))
        finally:
            seen.undo()

    def plain(self) -> int:
        """Return the same of one that is not."""
        return self._ask(Wrapper(self.app, self.locality, None, {}))

    def _ask(self, wrapper: Wrapper) -> int:
        environs = [make_environ(_head(next(self.numbers))) for _ in range(REQUESTS)]
        start = time.process_time_ns()
        for environ in environs:
            call(wrapper, environ)
        return (time.process_time_ns() - start) // REQUESTS


def _head(number: int) -> bytes:
    operation = make_canary(CanaryKind.OPERATION, 0, 1, number)
    header = f"X-Crosstalk: {operation:016x}.{0:016x}.{Scenario.VISIT:02x}"
    return f"GET / HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n".encode()


def measure(rounds: int = ROUNDS) -> tuple[float, float, int]:
    """Return what observing adds as a share, the request's own microseconds, and its records."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.journal"

        def open_one() -> JournalWriter:
            return JournalWriter(path, Side.SERVER, os.getpid(), _JOURNAL_MAX_BYTES)

        locality = Locality()
        observer = Observer(open_one, NO_CONTEXTS, None, locality)
        bench = _Bench(flask_app(), observer, locality, itertools.count(1))
        pairs = alternate(bench.observed, bench.plain, rounds)
        observer.close()
        # The round that doesn't count is in there too.
        records = open_journal(path, "server/bench").facts.committed // (REQUESTS * (rounds + 1))
    share = median(observed / plain - 1 for observed, plain in pairs)
    return share, median(plain for _, plain in pairs) / 1000, records


def main(arguments: Sequence[str] = ()) -> int:
    """Print what it costs."""
    share, plain_us, records = measure()
    sys.stdout.write(
        f"flask: {share:.1%} of a session request of {plain_us:,.0f} us to look at its contexts "
        f"({records} records)\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
