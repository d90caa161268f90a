"""A Flask application in a process in miniature, served to operations of several clients and judged."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

from harness.checkers.judge import Judging
from harness.checkers.table import APP_CHECKERS
from harness.history.canary import ABSENT, CanaryKind, make_canary
from harness.history.columns import Batch
from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import Side
from harness.history.reader import open_journal
from harness.history.scenarios import Scenario
from harness.inside.of_flask.installing import Observed, observe_flask
from harness.inside.visitors import NO_CONTEXTS
from harness.inside.wrapper import Wrapper
from tests.unit.inside.conftest import ProcessMaker
from tests.unit.inside.miniature import crosstalk_header

LAWS = frozenset({"I0", "I1", "I2", "I3", "I6", "CYCLE"})


def operation(client: int, number: int = 1) -> int:
    """Return the canary of an operation."""
    return make_canary(CanaryKind.OPERATION, 0, client, number)


class Service:
    """One application, observed until :meth:`close`.

    :param made: makes a process in miniature; each service has its own.
    """

    def __init__(self, made: ProcessMaker, app: Any) -> None:
        self.process = made(contexts=NO_CONTEXTS)
        self.observed: Observed = observe_flask(app, self.process.observer)
        self._wrapper = Wrapper(app, self.process.locality, self.process.observer, {})
        self._closed = False

    def begin(self, number: int, path: str = "/") -> Any:
        """Call the application for an operation; return the body, which is still to be read and closed."""
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {"PATH_INFO": path, "QUERY_STRING": query}
        environ["HTTP_X_CROSSTALK"] = crosstalk_header(number, ABSENT, Scenario.VISIT)
        setup_testing_defaults(environ)
        environ["wsgi.errors"] = io.StringIO()
        return self._wrapper(environ, lambda status, headers, exc_info=None: lambda data: None)

    def serve(self, number: int, path: str = "/") -> bytes:
        """Serve one operation to its end."""
        body = self.begin(number, path)
        try:
            return b"".join(body)
        finally:
            body.close()

    def close(self) -> None:
        """Put the application back as it was."""
        if not self._closed:
            self._closed = True
            self.process.observer.close()
            self.observed.undo()

    def anomalies(self) -> set[str]:
        """Judge what was recorded by the laws of contexts; return what they found."""
        self.close()
        journals = [open_journal(one.path, f"server/{at}") for at, one in enumerate(self.process.journals)]
        facts = tuple(
            JournalFacts(Side.SERVER, j.facts.source, 1, j.facts.committed, closed=True) for j in journals
        )
        judging = Judging([checker for checker in APP_CHECKERS if checker.law.id in LAWS])
        batches: list[Batch] = [batch for journal in journals for batch in journal.batches()]
        for batch in batches:
            judging.feed(batch)
        column = ColumnFacts("thread", "none", True, facts, app=True, contexts=self.observed.framework)
        results = judging.finish(column)
        return {f"{result.invariant} {kind}" for result in results for kind in result.kinds}


Serve = Callable[[Any], Service]
