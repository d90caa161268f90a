"""The clients of a check: callers over HTTP, and callers that call the application.

A test does not wait for hundreds of answers that have no end: the first one ends the check, with a sentence.
"""

from __future__ import annotations

from harness.load.connections import Connection, NoResponseError
from harness.load.http import Response
from harness.load.recording import Recorder
from harness.load.visitor import Identity, Visitor
from harness.store.survey import RoutePlan
from harness.target import WSGIApplication
from harness.workload.operation import Operation, Policy

from .asking import AskedWrongError
from .calling import CallingConnection, EndlessBodyError

TIMEOUT_S = 20.0


class HttpCaller(Visitor):
    """A client over HTTP."""

    def _exchange(self, connection: Connection, operation: Operation) -> Response:
        try:
            return super()._exchange(connection, operation)
        except NoResponseError as error:
            if not isinstance(error, EndlessBodyError) and not _broke_off(connection, error):
                raise
            route = self._plan.routes[operation.route]
            raise AskedWrongError(
                f"{route.label}: its body does not end within {self._timeout_s:g} s: leave the route out "
                f"with exclude=[{route.rule!r}]"
            ) from None


def _broke_off(connection: Connection, error: NoResponseError) -> bool:
    """Whether time was up in the middle of a body."""
    return connection.partial is not None and str(error) == "timed out"


class CallingCaller(HttpCaller):
    """A client that calls *app*."""

    def __init__(  # noqa: PLR0917 - which client, of what
        self,
        app: WSGIApplication,
        who: Identity,
        plan: RoutePlan,
        recorder: Recorder,
        headers: tuple[tuple[str, str], ...],
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        super().__init__(("localhost", 80), who, plan, recorder, timeout_s, headers)
        self._app = app

    def _connection(self, policy: Policy) -> Connection:
        self._opened += 1
        number = self._who.client << 16 | self._opened & 0xFFFF
        return CallingConnection(self._app, number, body_timeout_s=self._timeout_s)
