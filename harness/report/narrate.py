"""An event of a witness in words: what happened, and what it saw that must not be there.

Journals may be damaged or come from elsewhere, so that every number a table does not know is
still named, as ``step 99``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address

from harness.blackbox.carrying import caller_of, owner_of
from harness.checkers.fields import SAYINGS
from harness.history.canary import ABSENT, UNMARKED, CanaryKind, name_canary, split_canary
from harness.history.event import Event
from harness.history.layout import (
    SEEN,
    App,
    Callback,
    Ending,
    Field,
    Freed,
    Kind,
    Look,
    Outcome,
    Remains,
    Residue,
    Side,
)
from harness.history.scenarios import Scenario
from harness.history.steps import Step

#: Kinds whose ``point`` means something -> what it counts.
POINTS: dict[Kind, type[IntEnum]] = {
    Kind.OBSERVE: Field,
    Kind.STEP: Step,
    Kind.PUSH: Step,
    Kind.POP: Step,
    Kind.TEARDOWN: Callback,
    Kind.LOOK: Look,
    Kind.CENSUS: Remains,
    Kind.RESIDUE: Residue,
}

#: Kinds whose ``detail`` is the class of an exception; their ``value`` is its canary.
WITH_OUTCOME = frozenset({Kind.TEARDOWN, Kind.LEFT})

#: Where nothing may be current: before the app is called, and after its body is closed; before a job
#: on a pool's thread is given a context, and after that is gone.
AT_THE_EDGE = frozenset(
    {(Kind.ENTER, 0), (Kind.EXIT, 0), (Kind.LOOK, Look.JOB_START), (Kind.LOOK, Look.JOB_END)}
)

OUTCOMES = {
    Outcome.NONE: "no exception",
    Outcome.ERROR: "an error",
    Outcome.BASE: "a BaseException",
    Outcome.GENERATOR_EXIT: "GeneratorExit",
    Outcome.GROUP: "an exception group",
}

ENDINGS: dict[int, str] = {
    Ending.LEFT: ", the client left",
    Ending.CACHED: ", from a cache in front of the target",
}
FREED: dict[int, str] = {Freed.BY_COLLECTOR: "(only the collector frees it)", Freed.NEVER: "(never freed)"}

#: Fields whose value is a count, a flag, an address or an id rather than a canary.
PLAIN_FIELDS = frozenset(
    {Field.ISSUED_ID, Field.HANDED, Field.NOTICE, *(field for field, said in SAYINGS.items() if said.numbers)}
)

#: Fields that hold a canary of any caller's; one of another's is amiss.
#: Fields whose ``expected`` is nothing to compare with.
UNCOMPARED = frozenset({Field.ISSUED_ID, Field.HANDED, Field.NOTICE})

#: The ``detail`` of an OBSERVE event -> when it was seen; the first look needs no words.
MOMENTS = {1: "after the yield", 2: "as it left"}


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing an event saw: what it is called, which canary it held, and whether that is amiss."""

    name: str  # "request", "session", "g", "current_app" or a field of the client
    held: str
    amiss: bool  # another's, or there when nothing may be
    owner: int = ABSENT  # the operation the value belongs to, if it says so


def what_happened(event: Event) -> str:
    """Return what an event is, such as ``step before_request`` or ``observe g after the yield``."""
    kind = event["kind"]
    words = [_member(Kind, kind, "kind")]
    if kind in POINTS:
        words.append(_member(POINTS[Kind(kind)], event["point"], "point"))
    if kind == Kind.OBSERVE and event["detail"] in MOMENTS and event["point"] not in UNCOMPARED:
        words.append(MOMENTS[event["detail"]])
    if kind in (Kind.PUSH, Kind.POP):
        words.append(f"(activation {event['activation']})")
    if kind in WITH_OUTCOME:
        words.append(f"({_outcome(event['detail'])})")
    if kind == Kind.OK:
        words.append(f"(status {event['value']}{ENDINGS.get(event['detail'], '')})")
    if kind == Kind.CENSUS and event["detail"] in FREED:
        words.append(FREED[event["detail"]])
    return " ".join(words)


def what_it_saw(event: Event) -> tuple[Sight, ...]:
    """Return what the event's record says was there, in the order of its columns."""
    if event.side is Side.CLIENT:
        return _seen_by_client(event)
    return _seen_inside(event)


def where_it_ran(event: Event) -> str:
    """Return the process, thread and greenlet of an event."""
    where = f"pid {event.pid}, thread {event['thread']}"
    return f"{where}, greenlet {event['greenlet']}" if event["greenlet"] else where


def scenario_of(event: Event) -> str:
    """Return the name of the scenario an event's operation played, '' if its record has none."""
    if event.side is Side.CLIENT:
        number = event["scenario"]
    elif event["kind"] in WITH_OUTCOME or event["kind"] in (Kind.CHUNK, Kind.CENSUS, Kind.RESIDUE):
        return ""
    else:
        number = event["detail"]
    return _member(Scenario, number, "scenario") if number else ""


def _seen_by_client(event: Event) -> tuple[Sight, ...]:
    if event["kind"] != Kind.OBSERVE:
        return ()
    point, value, expected = event["point"], event["value"], event["expected"]
    if point in SEEN:
        foreign = caller_of(value) != caller_of(event["op"])
        return (Sight(_member(Field, point, "field"), name_canary(value), foreign, owner_of(value)[0]),)
    wrong = value != expected and point not in UNCOMPARED
    held = _spell(point, value)
    if wrong:
        held = f"{held}, expected {_spell(point, expected)}"
    return (Sight(_member(Field, point, "field"), held, wrong, _owner(value)),)


def _spell(point: int, value: int) -> str:
    if point == Field.REMOTE_ADDR and value < 1 << 32:
        return str(IPv4Address(value))
    return str(value) if point in PLAIN_FIELDS else name_canary(value)


def _seen_inside(event: Event) -> tuple[Sight, ...]:
    kind, operation = event["kind"], event["op"]
    edge = (kind, event["point"]) in AT_THE_EDGE
    own = ABSENT if edge else operation
    fresh = kind == Kind.PUSH and event["point"] == Step.APP_CONTEXT_PUSH
    # What these saw of the session can't be compared: their `value` is the exception's.
    session = event["session"] if kind in WITH_OUTCOME else ABSENT if edge else event["value"]
    app = event["app"]
    if kind == Kind.RESIDUE:
        # Its `session` is the very canary that was found.
        return (
            _held("request", event["request"], own),
            Sight("canary", name_canary(event["session"]), False),
        )
    return (
        _held("request", event["request"], own),
        _held("session", event["session"], session),
        _held("g", event["g"], ABSENT if fresh else own),
        Sight("current_app", _member(App, app, "app"), app not in (App.NONE, App.TARGET)),
    )


def _held(name: str, canary: int, own: int) -> Sight:
    return Sight(name, name_canary(canary), canary not in (ABSENT, own), _owner(canary))


def _owner(canary: int) -> int:
    if canary in (ABSENT, UNMARKED):
        return ABSENT
    return canary if split_canary(canary).kind == CanaryKind.OPERATION else ABSENT


def _outcome(detail: int) -> str:
    try:
        return OUTCOMES[Outcome(detail)]
    except ValueError:
        return f"outcome {detail}"


def _member(table: type[IntEnum], number: int, word: str) -> str:
    try:
        return table(number).name.lower()
    except ValueError:
        return f"{word} {number}"
