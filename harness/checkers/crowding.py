"""How many operations are open at once in a journal, and what is judged where they are too many.

The rule this file guards: *memory is bounded whatever the target does.* A law about whole operations
carries the open ones over, some 25 records each; a target that never closes its bodies leaves every
one open. From the record on at which more than :data:`OPEN_MAX` are open, that journal is no longer
judged by such laws, and says so in a doubt. The count is kept record by record, so the verdict does
not depend on how the history was cut into batches.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.history.layout import Kind

from .view import View

#: What the largest ``--concurrency`` can have in flight in one process.
OPEN_MAX = 4096


class Crowding:
    """Counts open operations, for each journal.

    :param most: see :data:`OPEN_MAX`, which it is by default.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = OPEN_MAX if most is None else most
        self._open: dict[str, int] = {}
        self._crowded: dict[str, int] = {}  # source -> the first record that is not judged

    def feed(self, view: View) -> int:
        """Take in the next batch of a server journal; return how many of its rows may be judged."""
        if view.source in self._crowded:
            return 0
        before = self._open.get(view.source, 0)
        enters = (view.kind == Kind.ENTER) & view.known
        exits = (view.kind == Kind.EXIT) & view.known
        entered = int(enters.sum())
        self._open[view.source] = max(before + entered - int(exits.sum()), 0)
        if before + entered <= self._most:
            return len(view)  # whatever their order
        running = before + np.cumsum(enters) - np.cumsum(exits)
        if int(running.max()) <= self._most:
            return len(view)
        limit = int(np.argmax(running > self._most))
        self._crowded[view.source] = view.first + limit
        return limit

    def doubts(self) -> Iterator[str]:
        """Say which journals are not judged to their end."""
        for source, number in sorted(self._crowded.items()):
            yield (
                f"More than {self._most:,} operations were in the target at once: journal {source} is judged "
                f"up to record {number:,} only; the target does not close its bodies, or hangs."
            )
