"""One operation on its way: invoked, sent, answered, recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.history.canary import HEADER, WRAPPER_HEADER, to_text
from harness.history.layout import Ending, Field, Kind
from harness.history.scenarios import Scenario
from harness.workload.operation import SESSION_COOKIES, Operation, Policy

from .cache import SharedCache
from .connections import Connection, NoResponseError
from .http import GarbledResponseError, Response, encode_request
from .model import Model, Sent
from .observations import Observation, observe, observe_cached, stream
from .recording import Recorder, Trail
from .redaction import describe_response

NEVER_SENT = "never sent"
NO_RESPONSE = "no response"
GARBLED = "garbled response"
UNEXPECTED_STATUS = "unexpected status"
#: What a wrong value of each field is called: constant, so that Locust can count it.
FAILURES = {
    Field.PATH: "foreign path",
    Field.QUERY: "foreign query",
    Field.FORM: "foreign form",
    Field.JSON: "foreign json",
    Field.HEADER: "foreign header",
    Field.COOKIE: "foreign cookie",
    Field.REMOTE_ADDR: "foreign remote address",
    Field.G: "foreign g",
    Field.NESTED_G: "foreign g in a nested app context",
    Field.ERROR: "foreign error",
    Field.G_FRESH: "g was not fresh",
    Field.SESSION: "foreign session",
    Field.SESSION_LOG_MISSING: "session lost a write",
    Field.SESSION_LOG_FOREIGN: "foreign entry in the session",
    Field.SID_REPLACED: "unknown session id was kept",
    Field.RESPONSE_HEADER: "foreign response header",
    Field.SET_COOKIE_COUNT: "wrong number of session cookies",
    Field.VARY_COOKIE: "no Vary: Cookie",
    Field.RESPONSE_COOKIE: "foreign response cookie",
    Field.ALLOW: "wrong Allow header",
    Field.CHUNK: "foreign chunk",
    Field.CHUNK_COUNT: "wrong number of chunks",
    Field.BODY_PARSED: "unparsable body",
    Field.RESPONSE_COUNT: "more than one response",
    Field.READ: "lost value",
    Field.SHARED_PAGE: "foreign page out of a shared cache",
    Field.STATIC_BYTES: "wrong bytes of a static file",
    Field.STATIC_VARY: "a static file that varies with the cookie",
    Field.BACKEND_REPLY: "foreign reply of the backend",
    Field.JOB_FOUND: "context left on a pool's thread",
    Field.JOB_REQUEST: "foreign request in a job",
    Field.JOB_G: "g of a job was not fresh",
    Field.JOB_SESSION: "foreign session in a job",
    Field.JOB_LEFT: "context left by a job",
}


@dataclass(frozen=True, slots=True)
class Completion:
    """How one operation ended, for whoever counts.

    ``failure``: None if all was as it should be (an error that was asked for is), else one of a
    fixed set of texts. ``latency_s`` is from invoke to the response's last byte, or to giving up.
    """

    scenario: str
    latency_s: float
    bytes_received: int
    failure: str | None


def first_failure(observations: Iterable[Observation]) -> str | None:
    """Return what the first wrong observation is called, None if all are right."""
    for field, expected, value, _ in observations:
        if value != expected and field is not Field.ISSUED_ID:
            return FAILURES[field]
    return None


class Exchange:
    """Carries one operation over one connection; made by :class:`~harness.load.client.Client`."""

    def __init__(self, operation: Operation, connection: Connection, recorder: Recorder) -> None:
        connection.ordinal += 1
        self.operation = operation
        self.connection = connection
        self.sent = Sent()
        self.headers: tuple[tuple[str, str], ...] = ()
        self.cache: SharedCache | None = None
        self.completion: Completion | None = None
        self._recorder = recorder
        self._trail: Trail = recorder.invoke(operation, connection)

    def prepare(self, model: Model, group: Iterable[Operation]) -> None:
        """Decide the headers, with the session cookie the client holds at this moment."""
        operation = self.operation
        self.sent = model.sent(operation, self.connection.source, group)
        cookies = list(operation.cookies)
        if self.sent.held is not None:
            cookies.append((SESSION_COOKIES[operation.store], self.sent.held.cookie))
        canary = to_text(operation.canary)
        self.headers = (
            (HEADER, canary),
            (WRAPPER_HEADER, f"{canary}.{to_text(operation.session)}.{operation.scenario:02x}"),
            ("Cookie", "; ".join(f"{name}={value}" for name, value in cookies)),
            *operation.headers,
        )

    def request(self, host: str) -> bytes:
        """Return the bytes to send; to be called once it is prepared."""
        asked = self.operation
        close = asked.policy is Policy.FRESH
        return encode_request(asked.method, asked.path, host, self.headers, asked.body, close=close)

    def ask_cache(self, cache: SharedCache) -> bool:
        """Have the shared cache answer, if it can; otherwise the target's response goes there."""
        operation = self.operation
        response = cache.find(operation.method, operation.path, self._named_headers())
        if response is None:
            self.cache = cache
            return False
        self._trail.completed()
        self._record(response, observe_cached(operation, response), Ending.CACHED)
        return True

    def _named_headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers}

    def receive(self, model: Model) -> bool:
        """Wait for the response and record it; False if the session the operation began is lost."""
        leaves = self.operation.scenario is Scenario.STREAM_DISCONNECT
        try:
            response = self.connection.receive(_has_a_line if leaves else None)
        except NoResponseError as error:
            return self.unanswered(model, str(error))
        except GarbledResponseError as error:
            self._trail.observe([Observation(Field.BODY_PARSED, 1, 0)])
            self.connection.close()
            return self.unanswered(model, str(error), GARBLED)
        self._trail.completed()
        if leaves:
            self.connection.leave(resets=self.operation.resets)
        return self._answered(model, response, left=leaves)

    def _answered(self, model: Model, response: Response, *, left: bool) -> bool:
        if not (response.keeps_alive and self.connection.is_open):
            self.connection.close()
        operation = self.operation
        if self.cache is not None:
            self.cache.store(operation.method, operation.path, self._named_headers(), response)
        observations = observe(operation, self.sent, response)
        if not left:
            observations.append(Observation(Field.RESPONSE_COUNT, 1, 1))
        self._record(response, observations, Ending.LEFT if left else Ending.WHOLE)
        self.connection.on_stray = self.stray
        return model.completed(operation, self.sent, response)

    def _record(self, response: Response, observations: list[Observation], ending: Ending) -> None:
        self._trail.observe(observations)
        self._trail.end(Kind.OK, response.status, ending)
        failure = first_failure(observations)
        if response.status not in self.operation.statuses:
            failure = UNEXPECTED_STATUS
        if failure is not None:
            self._recorder.explain(self.operation, f"{failure}: {describe_response(response)}")
        self._complete(response.size, failure)

    def stray(self) -> None:
        """Record that more than one response came: bytes that no request asked for."""
        self._trail.observe([Observation(Field.RESPONSE_COUNT, 1, 2)])
        self._recorder.explain(self.operation, FAILURES[Field.RESPONSE_COUNT])
        done = self.completion
        if done is not None and done.failure is None:
            failure = FAILURES[Field.RESPONSE_COUNT]
            self.completion = Completion(done.scenario, done.latency_s, done.bytes_received, failure)

    def unanswered(self, model: Model, how: str, failure: str = NO_RESPONSE) -> bool:
        """Record that it was sent and no whole response came; keep what did come of a stream."""
        partial = self.connection.partial
        if partial is not None and self.operation.scenario is Scenario.STREAM:
            self._trail.observe(stream(self.operation, partial.body, whole=False))
        self._trail.end(Kind.INFO)
        self._recorder.explain(self.operation, f"{failure}: {how}")
        self._complete(partial.size if partial else 0, failure)
        return model.unknown(self.operation)

    def never_sent(self, how: str) -> None:
        """Record that nothing was sent."""
        self._trail.end(Kind.FAIL)
        self._recorder.explain(self.operation, f"{NEVER_SENT}: {how}")
        self._complete(0, NEVER_SENT)

    def _complete(self, size: int, failure: str | None) -> None:
        latency_s = (self._trail.ended_ns - self._trail.invoked_ns) / 1e9
        self.completion = Completion(self.operation.scenario.name.lower(), latency_s, size, failure)


def _has_a_line(partial: Response) -> bool:
    return b"\n" in partial.body
