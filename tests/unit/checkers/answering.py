"""Journals of clients of a user's own application, made of a line for each operation.

    client.number route status [field=value ...]

``body=c2.1.4``: the canary of slot 4 of operation 1 of client 2 came back in the body; ``cookie=#77``: the
token 77 was handed out in a cookie; ``notice=https``: as it says. Slot 0 is the operation's own canary. A
status of ``-`` is no answer, and ``...`` is none yet.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from harness.blackbox.carrying import field_canary
from harness.checkers.judge import Judging
from harness.checkers.table import ALL_CHECKERS, Checker
from harness.history.canary import CanaryKind, make_canary
from harness.history.columns import CLIENT_DTYPE, Batch
from harness.history.facts import ColumnFacts, JournalFacts, RouteFacts
from harness.history.layout import Field, Kind, Notice, Place, Side
from harness.history.scenarios import Scenario
from harness.verdict import Result

ROUTES = (
    RouteFacts("GET /hello/<name>", "/hello/<name>", (("path", "name"), ("query", "canary"))),
    RouteFacts("POST /guestbook (form)", "/guestbook", (("form", "message"), ("form", "token"))),
    RouteFacts("GET /", "/", ()),
)
_SEEN = {
    "status": Field.SEEN_STATUS,
    "header": Field.SEEN_HEADER,
    "cookie": Field.SEEN_COOKIE,
    "body": Field.SEEN_BODY,
}
_PLACES = {"header": Place.HEADER, "cookie": Place.COOKIE, "body": Place.BODY}


def operation(client: int, number: int = 1) -> int:
    return make_canary(CanaryKind.OPERATION, 0, client, number)


def batch_of(story: str, source: str = "client/0") -> Batch:
    """Return the journal that *story* tells."""
    rows: list[tuple[int, int, int, int, int, int]] = []
    for line in story.strip().splitlines():
        who, route, status, *fields = line.split()
        client, number = map(int, who.split("."))
        op, at = operation(client, number), int(route)
        rows.append((op, 0, 0, 0, Kind.INVOKE, at))
        rows += [_observed(op, at, field) for field in fields]
        if status != "...":
            ended = Kind.INFO if status == "-" else Kind.OK
            rows.append((op, 0, 0 if status == "-" else int(status), 0, ended, at))
    records = np.zeros(len(rows), CLIENT_DTYPE)
    for index, (op, expected, value, point, kind, at) in enumerate(rows):
        detail = point >> 8
        records[index] = (
            *(index, op, expected, value, 0, 1, 1, 1, 0),
            *(at, point & 255, kind, Scenario.VISIT, detail, index + 1),
        )
    return Batch(Side.CLIENT, source, 1, 0, records)


def _observed(op: int, route: int, field: str) -> tuple[int, int, int, int, int, int]:
    name, _, value = field.partition("=")
    if name == "notice":
        return op, 0, Notice[value.upper()], Field.NOTICE, Kind.OBSERVE, route
    if value.startswith("#"):
        return (
            op,
            1000 + _PLACES[name],
            int(value[1:]),
            Field.HANDED | _PLACES[name] << 8,
            Kind.OBSERVE,
            route,
        )
    client, number, slot = map(int, value.removeprefix("c").split("."))
    sent = operation(client, number)
    return op, op, field_canary(sent, slot) if slot else sent, _SEEN[name], Kind.OBSERVE, route


def facts_of(
    *batches: Batch, shared: tuple[str, ...] = (), model: str = "thread", named: bool = True
) -> ColumnFacts:
    """Return what is known of a column with these journals."""
    journals = tuple(
        JournalFacts(one.side, one.source, one.pid, len(one.records), closed=True) for one in batches
    )
    return ColumnFacts(model, "made-up", True, journals, app=True, routes=ROUTES, shared=shared, named=named)


def judge(law: str, *batches: Batch, facts: ColumnFacts | None = None) -> Result:
    """Return what one law says of journals."""
    laws = [checker for checker in ALL_CHECKERS if checker.law.id == law]
    (result,) = judged(laws, batches, facts or facts_of(*batches))
    return result


def judged(laws: Iterable[Checker], batches: Iterable[Batch], facts: ColumnFacts) -> tuple[Result, ...]:
    """Return what some laws say of journals."""
    judging = Judging(laws)
    for batch in batches:
        judging.feed(batch)
    return judging.finish(facts)
