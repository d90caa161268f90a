"""A client of a user's own application: one caller, with cookies of its own, one request at a time.

It does what :class:`~harness.load.client.Client` does for the probes, without knowing what an answer should
hold: every answer is searched (:mod:`harness.blackbox`), and what is found is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.blackbox.answers import Answer, Row, Seen, notices_of, observe_answer
from harness.blackbox.carrying import HEADER_SLOT, caller_of, field_canary
from harness.history.canary import HEADER, WRAPPER_HEADER, to_text
from harness.history.layout import SEEN, Field, Kind
from harness.store.survey import RoutePlan
from harness.workload.operation import Item, Operation, Policy
from harness.workload.visits import Visits

from .connections import Connection, NoResponseError
from .exchange import GARBLED, NEVER_SENT, NO_RESPONSE, Completion
from .http import GarbledResponseError, Response, encode_request
from .jar import Jar, merge_cookies
from .recording import Recorder, Trail
from .redaction import describe_response

FOREIGN = "a foreign canary in the answer"
AGENT = "crosstalk"
#: Of the headers that are given, those that have a line already.
_MERGED = frozenset({"host", "cookie"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Which client of which load process, of what run."""

    seed: int
    worker: int
    client: int
    stream: int | None = None  # the load worker whose draws it repeats


class Visitor:
    """One client; the interface is that of :class:`~harness.load.client.Client`.

    :param headers: sent with every request; a ``Host`` among them replaces the target's address, a ``Cookie``
        joins its own.
    """

    def __init__(  # noqa: PLR0917 - which client of which process, of what run
        self,
        address: tuple[str, int],
        who: Identity,
        plan: RoutePlan,
        recorder: Recorder,
        timeout_s: float,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self._address = address
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        named = [value for name, value in headers if name.lower() == "host"]
        self._host = named[0] if named else f"{host}:{address[1]}"
        self._headers = tuple((name, value) for name, value in headers if name.lower() not in _MERGED)
        self._given_cookies = "; ".join(value for name, value in headers if name.lower() == "cookie")
        self._forwarded = any("https" in value.lower() for _, value in self._headers)
        self._who = who
        self._plan = plan
        self._visits = Visits(who.seed, who.worker, who.client, plan, who.stream)
        self._recorder = recorder
        self._timeout_s = timeout_s
        self._jar, self._seen = Jar(), Seen()
        self._kept: Connection | None = None
        self._opened = 0
        self._under_way: tuple[Operation, Trail] | None = None

    def next_item(self) -> Item:
        """Return what to do next; to be given to :meth:`perform` before the next call."""
        return next(self._visits)

    def step(self) -> tuple[Completion, ...]:
        """Carry out the next item."""
        return self.perform(self.next_item())

    def perform(self, item: Item) -> tuple[Completion, ...]:
        """Carry out *item*; one completion per operation.

        If an exception stops it halfway (Locust kills a user's greenlet), what was sent and not answered is
        recorded as such before the exception goes on.
        """
        try:
            return tuple(self._perform(operation) for operation in item.operations)
        except BaseException:
            if self._under_way is not None:
                self._under_way[1].end(Kind.INFO)
                self._under_way = None
            self.close()
            raise

    def close(self) -> None:
        """Close this client's connection."""
        if self._kept is not None:
            self._kept.close()

    @property
    def asking_for(self) -> str:
        """The label of the route whose answer it waits for, '' if none is under way."""
        under_way = self._under_way
        return "" if under_way is None else self._plan.routes[under_way[0].route].label

    def _perform(self, operation: Operation) -> Completion:
        connection = self._connection(operation.policy)
        connection.ordinal += 1
        trail = self._recorder.invoke(operation, connection)
        self._under_way = (operation, trail)
        completion = self._ask(operation, connection, trail)
        self._under_way = None
        if operation.policy is Policy.FRESH or connection.leftover:
            connection.close()
        return completion

    def _ask(self, operation: Operation, connection: Connection, trail: Trail) -> Completion:
        if not connection.is_open:
            try:
                connection.open()
            except OSError as error:
                how = f"cannot connect: {type(error).__name__}"
                return self._ended(operation, trail, Kind.FAIL, NEVER_SENT, how)
        try:
            response = self._exchange(connection, operation)
        except NoResponseError as error:
            return self._ended(operation, trail, Kind.INFO, NO_RESPONSE, str(error))
        except GarbledResponseError as error:
            connection.close()
            return self._ended(operation, trail, Kind.INFO, GARBLED, str(error))
        trail.completed()
        if not (response.keeps_alive and connection.is_open):
            connection.close()
        return self._answered(operation, response, trail)

    def _exchange(self, connection: Connection, operation: Operation) -> Response:
        connection.send(self._request(operation), (operation.method,))
        return connection.receive()

    def _request(self, operation: Operation) -> bytes:
        text = to_text(operation.canary)
        held = self._jar.header(operation.path) if operation.sends_session else []
        cookies = [*operation.cookies, *held]
        headers = [
            ("User-Agent", AGENT),
            ("Accept", "*/*"),
            (HEADER, to_text(field_canary(operation.canary, HEADER_SLOT))),
            (WRAPPER_HEADER, f"{text}.{to_text(0)}.{operation.scenario:02x}"),
            (
                "Cookie",
                merge_cookies("; ".join(f"{name}={value}" for name, value in cookies), self._given_cookies),
            ),
            *operation.headers,
            *self._headers,
        ]
        close = operation.policy is Policy.FRESH
        return encode_request(
            operation.method, operation.path, self._host, headers, operation.body, close=close
        )

    def _answered(self, operation: Operation, response: Response, trail: Trail) -> Completion:
        answer = Answer(f"{response.status} {response.reason}", response.headers, response.body)
        rows = observe_answer(operation.canary, answer, self._seen)
        if operation.sends_session:  # what a newcomer is told says nothing of the caller
            dropped = self._jar.take(response)
            rows += notices_of(operation.method, answer, dropped, forwarded=self._forwarded, host=self._host)
        trail.observe(rows)
        trail.end(Kind.OK, response.status)
        failure = FOREIGN if any(_is_foreign(row, operation) for row in rows) else None
        if failure is not None or any(row.field is Field.HANDED for row in rows):
            self._recorder.explain(operation, f"{failure or 'answered'}: {describe_response(response)}")
        return self._complete(operation, trail, response.size, failure)

    def _ended(self, operation: Operation, trail: Trail, kind: Kind, failure: str, how: str) -> Completion:
        trail.end(kind)
        self._recorder.explain(operation, f"{failure}: {how}")
        return self._complete(operation, trail, 0, failure)

    def _complete(self, operation: Operation, trail: Trail, size: int, failure: str | None) -> Completion:
        latency_s = (trail.ended_ns - trail.invoked_ns) / 1e9
        return Completion(self._plan.routes[operation.route].label, latency_s, size, failure)

    def _connection(self, policy: Policy) -> Connection:
        if policy is Policy.KEEP_ALIVE and self._kept is not None and self._kept.reusable():
            return self._kept
        self._opened += 1
        number = (self._who.client & 0xFFFF) << 16 | self._opened & 0xFFFF
        connection = Connection(self._address, "", number, self._timeout_s)
        if policy is Policy.KEEP_ALIVE:
            self._kept = connection
        return connection


def _is_foreign(row: Row, operation: Operation) -> bool:
    """Whether a row holds a canary of another client, which may have been published on purpose."""
    return row.field in SEEN and caller_of(row.value) != caller_of(operation.canary)
