"""A client whose requests somebody else writes: it makes the canaries, and judges every answer.

The counterpart of :class:`~harness.load.visitor.Visitor` for a locustfile of the user's own. Which route an
operation asks for, and which fields it has, is known when it is sent: by the name it is given (else its path,
with canaries left out) and by the names that its canaries were asked for under. Nothing here sends anything.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from harness.blackbox.answers import Answer, Seen, notices_of, observe_answer
from harness.blackbox.carrying import (
    COOKIE_SLOT,
    FIRST_SLOT,
    HEADER_SLOT,
    SLOTS_MAX,
    SPELLINGS,
    caller_of,
    field_canary,
)
from harness.history.canary import HEADER, WRAPPER_HEADER, CanaryKind, make_canary, to_text
from harness.history.layout import SEEN, Field, Kind
from harness.history.scenarios import Scenario
from harness.store.metadata import RouteMeta
from harness.store.survey import RouteField
from harness.workload.operation import Operation

from .exchange import NEVER_SENT, NO_RESPONSE
from .http import Response
from .jar import Jar
from .recording import Recorder, Trail
from .redaction import describe_response
from .visitor import FOREIGN

#: Canaries for one request, beside those of its header and its cookie.
FIELDS_MAX = SLOTS_MAX + 1 - FIRST_SLOT
NAME_CHARACTERS_MAX = 80
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_BODIES = {_FORM: "form", "multipart/form-data": "form", _JSON: "json"}
_KINDS = {"form": " (form)", "json": " (json)"}


class CanaryError(ValueError):
    """A canary that can't be had; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it is about to leave: ``target`` is its path with the query."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()  # names in lower case
    body: bytes = b""
    name: str = ""  # what its route is called; '' for its path

    def header(self, name: str) -> str:
        """Return the header of this lower-case name, '' if there is none."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Draft:
    """An operation whose route has no number yet, and what is to be sent with it."""

    canary: int
    sent: Sent
    route: RouteMeta
    added: tuple[tuple[str, str], ...]
    cookie: str


@dataclass(slots=True)
class _Connection:
    """What a trail notes of a connection; which one it was is the sender's affair."""

    number: int
    ordinal: int


@dataclass(slots=True)
class _Pending:
    """The operation that the next request is, and the canaries asked for so far."""

    canary: int
    fields: dict[tuple[str, str], str] = field(default_factory=dict)  # (name, kind) -> as it is spelled


class Caller:
    """One caller, with canaries of its own; several requests of it may be under way.

    :param worker: number of this load process. :param client: number in it.
    :param forwarded: HTTPS is claimed with every request.
    """

    def __init__(self, worker: int, client: int, recorder: Recorder, *, forwarded: bool = False) -> None:
        self._worker, self._client = worker, client
        self._recorder = recorder
        self._forwarded = forwarded
        self._numbers = itertools.count(1)
        self._carried = itertools.count(1)
        self._pending = self._next()
        self._jar, self._seen = Jar(), Seen()

    def canary(self, name: str, kind: str = "text") -> str:
        """Return the canary to send in the field *name* of the next request, as *kind* spells it.

        The same until a request was sent.

        :raises CanaryError: if there is no such kind, or a request can't carry that many.
        """
        if kind not in SPELLINGS:
            raise CanaryError(f"canary({name!r}, {kind!r}): the kinds are {', '.join(SPELLINGS)}")
        fields = self._pending.fields
        if (name, kind) not in fields:
            if len(fields) == FIELDS_MAX:
                raise CanaryError(f"canary({name!r}): a request carries {FIELDS_MAX} at most; send one first")
            try:
                spelled = SPELLINGS[kind](field_canary(self._pending.canary, FIRST_SLOT + len(fields)))
            except ValueError as error:
                raise CanaryError(f"canary({name!r}, {kind!r}): {error}") from None
            fields[name, kind] = spelled
        return fields[name, kind]

    def draft(self, sent: Sent) -> Draft:
        """Return the operation that *sent* is; canaries asked for from now on are the next one's."""
        pending, self._pending = self._pending, self._next()
        number = pending.canary
        return Draft(
            number,
            sent,
            _route(sent, pending.fields),
            (
                (HEADER, to_text(field_canary(number, HEADER_SLOT))),
                (WRAPPER_HEADER, f"{to_text(number)}.{to_text(0)}.{Scenario.VISIT:02x}"),
            ),
            f"canary={to_text(field_canary(number, COOKIE_SLOT))}",
        )

    def send(self, draft: Draft, route: int) -> UnderWay:
        """Record that *draft* is being sent, to the route of this number."""
        sent = draft.sent
        operation = Operation(
            scenario=Scenario.VISIT,
            canary=draft.canary,
            sends_session=True,
            method=sent.method,
            path=sent.target,
            headers=sent.headers,
            body=sent.body,
            route=route,
        )
        connection = _Connection((self._client & 0xFFFF) << 16, next(self._carried))
        return UnderWay(self, operation, self._recorder.invoke(operation, connection))

    def judge(self, under_way: UnderWay, answer: Answer) -> bool:
        """Record what *answer* shows; return whether a canary of another caller's was in it."""
        operation, trail = under_way.operation, under_way.trail
        trail.completed()
        rows = observe_answer(operation.canary, answer, self._seen)
        size = len(answer.body)
        response = Response(answer.code, answer.headers, answer.body, keeps_alive=True, size=size)
        dropped = self._jar.take(response)
        rows += notices_of(operation.method, answer, dropped, forwarded=self._forwarded)
        trail.observe(rows)
        trail.end(Kind.OK, answer.code)
        mine = caller_of(operation.canary)
        foreign = any(row.field in SEEN and caller_of(row.value) != mine for row in rows)
        if foreign or any(row.field is Field.HANDED for row in rows):
            text = f"{FOREIGN if foreign else 'answered'}: {describe_response(response)}"
            self._recorder.explain(operation, text)
        return foreign

    def explain(self, operation: Operation, text: str) -> None:
        """Keep a line about an operation without an answer."""
        self._recorder.explain(operation, text)

    def _next(self) -> _Pending:
        kind = CanaryKind.OPERATION
        return _Pending(make_canary(kind, self._worker, self._client, next(self._numbers)))


@dataclass(slots=True)
class UnderWay:
    """An operation that was sent; to be ended once, by one of its methods."""

    caller: Caller
    operation: Operation
    trail: Trail

    def answered(self, answer: Answer) -> bool:
        """Record and judge its answer; return whether it held a canary of another caller's."""
        return self.caller.judge(self, answer)

    def never_sent(self, how: str) -> None:
        """Record that it can't have reached the target."""
        self.trail.end(Kind.FAIL)
        self.caller.explain(self.operation, f"{NEVER_SENT}: {how}")

    def unanswered(self, how: str) -> None:
        """Record that nobody knows what became of it."""
        self.trail.end(Kind.INFO)
        self.caller.explain(self.operation, f"{NO_RESPONSE}: {how}")


def _route(sent: Sent, fields: dict[tuple[str, str], str]) -> RouteMeta:
    """Return what a report calls the route of a request, with its fields in the order of their slots."""
    path, _, query = sent.target.partition("?")
    kind = _BODIES.get(sent.header("content-type").partition(";")[0].strip().lower(), "body")
    others = "\n".join(value for name, value in sent.headers if name != "cookie")
    places = (
        ("path", path),
        ("query", query),
        (kind, sent.body.decode("latin-1")),
        ("cookie", sent.header("cookie")),
        ("header", others),
    )
    found = tuple(
        RouteField(next((place for place, text in places if spelled in text), "request"), name, kind_of)
        for (name, kind_of), spelled in fields.items()
    )
    rule = sent.name
    if not rule:
        rule = path
        for (name, _), spelled in fields.items():
            rule = rule.replace(spelled, f"<{name}>")
    rule = "".join(c if c.isprintable() else "?" for c in rule[:NAME_CHARACTERS_MAX])
    return RouteMeta(f"{sent.method} {rule}{_KINDS.get(kind, '') if sent.body else ''}", rule, found)
