"""What a client saw against what it must have seen: one table of fields, one fold over it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from ipaddress import IPv4Address
from typing import NamedTuple

import numpy as np

from harness.history.canary import name_canary
from harness.history.facts import ColumnFacts
from harness.history.layout import Field, Side
from harness.verdict import Result, Violation

from .checkpoints import POINTS
from .fold import Law, Looked, conclude
from .sentences import capital, moment, name_with_owner
from .tally import Tally
from .view import View


class Saying(NamedTuple):
    """How a sentence tells of a field.

    ``foreign``: another value came back than the expected one. ``lost``: nothing came back where
    something was due; '' where 0 is a value like others, and the anomaly is then "wrong". Both
    may use ``{op}``, ``{value}``, ``{expected}`` and ``{when}``.
    """

    foreign: str
    lost: str = ""
    numbers: bool = False  # the values are plain numbers, not canaries


def _carried(what: str, when: str = "{when}") -> Saying:
    """Return the saying of a canary that the operation sent and must find again."""
    return Saying(
        f"{{op}} found {{value}} in {what}{when}, where {{expected}} was due.",
        f"{{op}} found nothing in {what}{when}, where {{expected}} was due.",
    )


def _counted(sentence: str) -> Saying:
    return Saying(sentence, numbers=True)


SAYINGS: dict[Field, Saying] = {
    Field.PATH: _carried("its path"),
    Field.QUERY: _carried("its query"),
    Field.FORM: _carried("its form"),
    Field.JSON: _carried("its JSON body"),
    Field.HEADER: _carried("its header"),
    Field.COOKIE: _carried("its cookie"),
    Field.REMOTE_ADDR: _counted(
        "{op} was told the remote address {value}{when}, but it came from {expected}."
    ),
    Field.G: _carried("g"),
    Field.NESTED_G: Saying(
        "{op} found {value} in g around a nested app context{when}, where {expected} was due.",
        "{op} found nothing in g around a nested app context{when}, where {expected} was due.",
    ),
    Field.ERROR: _carried("the error its handler was given", when=""),
    Field.G_FRESH: Saying("g already held {value} when {op} started; it must start empty."),
    Field.SESSION: Saying(
        "{op} found {value} in its session{when}, where {expected} was due.",
        "{op} found its session empty{when}, where {expected} was due.",
    ),
    Field.SESSION_LOG_MISSING: Saying("The session log that {op} read back lacks the entry of {value}."),
    Field.SESSION_LOG_FOREIGN: Saying(
        "The session log that {op} read back holds an entry of {value}, which never wrote to this session."
    ),
    Field.SID_REPLACED: _counted("{op} sent an unknown session id, and the target did not replace it."),
    Field.RESPONSE_HEADER: _carried("a header of its response", when=""),
    Field.SET_COOKIE_COUNT: _counted(
        "The response to {op} set {value} session cookies where {expected} was due."
    ),
    Field.VARY_COOKIE: _counted(
        "The response to {op} depends on the session, but Vary does not name Cookie."
    ),
    Field.RESPONSE_COOKIE: _carried("a cookie that its response set", when=""),
    Field.CHUNK: _carried("a chunk of its stream", when=""),
    Field.CHUNK_COUNT: _counted("The stream of {op} had {value} chunks where {expected} were due."),
    Field.BODY_PARSED: _counted("The body of the response to {op} did not parse."),
    Field.RESPONSE_COUNT: _counted("{op} got {value} responses where {expected} was due."),
    Field.ALLOW: _counted("The Allow header of the response to {op} does not name the URL's methods."),
    Field.SHARED_PAGE: Saying(
        "{op} got the page of {value} out of a shared cache, where that of {expected} was due.",
        "{op} got a page of nobody's session out of a shared cache, where that of {expected} was due.",
    ),
    Field.STATIC_BYTES: _counted("The response to {op} does not hold the bytes of the static file."),
    Field.STATIC_VARY: _counted(
        "The response to {op} is a static file, the same for all, but its Vary names Cookie."
    ),
    Field.BACKEND_REPLY: _carried("the reply of its backend", when=""),
    Field.JOB_FOUND: Saying(
        "The job of {op} found {value} on the thread of its pool, where nothing was due."
    ),
    Field.JOB_REQUEST: _carried("`request` in its job", when=""),
    Field.JOB_G: Saying("g of the job of {op} already held {value}; it must start empty."),
    Field.JOB_SESSION: Saying(
        "{op} found {value} in the session in its job, where {expected} was due.",
        "{op} found the session in its job empty, where {expected} was due.",
    ),
    Field.JOB_LEFT: Saying("The job of {op} left {value} on the thread of its pool, where nothing was due."),
    Field.READ: Saying(
        "{op} read back {value}, where {expected} was due.",
        "{op} read back nothing, where {expected} was due.",
    ),
}


class FieldFold:
    """Every OBSERVE record of the given fields holds the value that was expected."""

    def __init__(self, law: Law, fields: Iterable[Field]) -> None:
        self._law = law
        self._fields = tuple(fields)
        self._mine = np.zeros(POINTS, np.bool_)
        self._mine[list(self._fields)] = True
        self.tally = Tally()
        self.looked = 0

    def feed(self, view: View) -> None:
        """Take in a batch of either side; the server's is none of its business."""
        if view.side is not Side.CLIENT:
            return
        self.looked += int(view.observed_points[list(self._fields)].sum())
        wrong = view.unexpected
        if not wrong.any():
            return
        wrong = wrong & self._mine[view.point]
        for field in self._fields:
            here = wrong & (view.point == field)
            lost = (view.value == 0) if SAYINGS[field].lost else np.zeros(len(view), np.bool_)
            for flagged, anomaly in (
                (here & lost, _anomaly(field, lost=True)),
                (here & ~lost, _anomaly(field)),
            ):
                self.tally.rows(view, flagged, anomaly, partial(_violation, self._law.id, anomaly, view))

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge by the client's records alone."""
        return conclude(self._law, facts, Looked(client=self.looked), self.tally.close(facts))


def _anomaly(field: Field, *, lost: bool = False) -> str:
    kind = "lost" if lost else "foreign" if SAYINGS[field].lost else "wrong"
    return f"{kind}-{field.name.lower().replace('_', '-')}"


def _violation(invariant: str, anomaly: str, view: View, row: int) -> Violation:
    """Return the violation of one OBSERVE record, with the owner of a foreign canary if in reach."""
    event = view.event(row)
    field = Field(event["point"])
    saying = SAYINGS[field]
    value, operation = event["value"], event["op"]
    owner = view.owner_besides(operation, value, row)
    template = saying.lost if anomaly.startswith("lost") else saying.foreign
    when = moment(event["detail"]) if "{when}" in template else ""
    expected = event["expected"]
    explanation = template.format(
        op=name_canary(operation),
        value=_spell(field, value) if saying.numbers else name_with_owner(value, owner),
        expected="its own canary" if expected == operation else _spell(field, expected),
        when=f" {when}" if when else "",
    )
    return Violation(
        invariant,
        anomaly,
        capital(explanation),
        (event,) if owner is None else (owner, event),
        (operation,) if owner is None else (operation, owner["op"]),
        f"{field.name.lower()} {when}".strip(),
    )


def _spell(field: Field, value: int) -> str:
    if field is Field.REMOTE_ADDR:
        return str(IPv4Address(value)) if 0 < value < 1 << 32 else "nothing" if not value else str(value)
    return str(value) if SAYINGS[field].numbers else name_canary(value)
