"""How a violation came about: a lane for each worker and client, time downwards, a row per event.

The witness alone proves a breach in two or three events. Around it are put the checkpoints of the
operations it names, as far as they help: where each came in and left, where the worker switched from one
to another, where a value of one was first seen by another. What is left out is counted in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.history.canary import ABSENT, split_canary
from harness.history.event import Event
from harness.history.layout import Kind, Side
from harness.verdict import Violation

from .data import ColumnReport
from .narrate import Sight, what_happened, what_it_saw

#: Rows of a drawing; a reader's eye takes in no more.
ROWS_MAX = 26
#: Sights of another's value shown besides the witness's own.
_AMISS_MAX = 4
_COMPLETIONS = frozenset({Kind.OK, Kind.FAIL, Kind.INFO})
_ENDS = frozenset({Kind.INVOKE, Kind.ENTER, Kind.EXIT, Kind.LEFT}) | _COMPLETIONS
_TURNS = frozenset({Kind.PUSH, Kind.POP, Kind.LOOK, Kind.RETURN})
_CHECKPOINTS = frozenset({Kind.STEP, Kind.PUSH, Kind.POP, Kind.LOOK})
#: Rank of the checkpoints that fill what room there is, those next to the witness first.
_REST = 5


@dataclass(frozen=True, slots=True)
class Lane:
    """What ran: a client, or a worker of the target."""

    name: str  # "client w0.c3" or "thread 101"
    place: str  # "load worker 0" or "process 4711"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A value that was seen where it does not belong; ``row`` is where its owner was last at work."""

    row: int
    sight: Sight


@dataclass(frozen=True, slots=True)
class Moment:
    """One event in its lane."""

    at_us: float  # since the first event shown on the same clock
    lane: int
    operation: str  # "w0.c3#12"
    what: str
    event: Event
    proof: bool  # belongs to the witness
    amiss: tuple[Sight, ...]
    crossings: tuple[Crossing, ...]
    switched_from: int | None  # the row where this process's worker was before, in another operation
    skipped: int  # events left out just before this one


@dataclass(frozen=True, slots=True)
class Swimlane:
    """A violation, ready to be drawn."""

    lanes: tuple[Lane, ...]
    moments: tuple[Moment, ...]


def make_swimlane(
    violation: Violation, column: ColumnReport, *, one_host: bool = True, rows_max: int = ROWS_MAX
) -> Swimlane:
    """Return how a violation came about, as far as the column's stories tell and *rows_max* rows hold."""
    events = _events(violation, column)

    def clock(event: Event) -> int:
        return 0 if one_host or event.side is Side.SERVER else 1

    events.sort(key=lambda e: (clock(e), e["t"], e.source, e.number))
    proof = {(event.source, event.number) for event in violation.witness}
    shown = _choose(events, proof, rows_max)
    lanes = _lanes([events[at] for at in shown])
    zero: dict[int, int] = {}
    moments: list[Moment] = []
    before = -1
    for at in shown:
        event = events[at]
        start = zero.setdefault(clock(event), event["t"])
        amiss = tuple(sight for sight in what_it_saw(event) if sight.amiss)
        moments.append(
            Moment(
                (event["t"] - start) / 1000,
                list(lanes).index(_lane_key(event)),
                _short(event["op"]),
                _say(event),
                event,
                (event.source, event.number) in proof,
                amiss,
                tuple(_crossings(moments, event, amiss)),
                _switched_from(moments, event),
                at - before - 1,
            )
        )
        before = at
    return Swimlane(tuple(lanes.values()), tuple(moments))


def _events(violation: Violation, column: ColumnReport) -> list[Event]:
    found: dict[tuple[str, int], Event] = {}
    for event in violation.witness:
        found[event.source, event.number] = event
    for operation in violation.operations:
        for event in column.stories.get(operation, ()):
            found.setdefault((event.source, event.number), event)
    return list(found.values())


def _choose(events: Sequence[Event], proof: set[tuple[str, int]], rows_max: int) -> list[int]:
    """Return the places of the events to show, in order."""
    ranks = [_rank(event, proof) for event in events]
    amiss = 0
    for at, event in enumerate(events):
        if ranks[at] and any(sight.amiss for sight in what_it_saw(event)) and amiss < _AMISS_MAX:
            amiss += 1
            ranks[at] = 1
    for before, at in _switches(events):
        ranks[before], ranks[at] = min(ranks[before], 3), min(ranks[at], 3)
    _anchor_owners(events, ranks)
    near = [at for at, rank in enumerate(ranks) if not rank]
    order = sorted(
        range(len(events)), key=lambda at: (ranks[at], min((abs(at - one) for one in near), default=0), at)
    )
    if len(events) > rows_max:
        order = [at for at in order if ranks[at] <= _REST][:rows_max]
    return sorted(order)


def _rank(event: Event, proof: set[tuple[str, int]]) -> int:
    if (event.source, event.number) in proof:
        return 0
    if event["kind"] in _ENDS:
        return 2
    if event["kind"] == Kind.OBSERVE:
        return _REST + 1
    return 4 if event["kind"] in _TURNS else _REST


def _switches(events: Sequence[Event]) -> Iterable[tuple[int, int]]:
    """Yield the places of two events of one process between which it went from one operation to another."""
    last: dict[str, int] = {}
    for at, event in enumerate(events):
        if event.side is not Side.SERVER:
            continue
        before = last.get(event.source)
        if before is not None:
            held = events[before]
            if held["op"] != event["op"] and held["kind"] != Kind.EXIT:
                yield before, at
        last[event.source] = at


def _anchor_owners(events: Sequence[Event], ranks: list[int]) -> None:
    """Show where the owner of a value that crosses was at work just before."""
    for at, event in enumerate(events):
        if ranks[at] > 1:
            continue
        for sight in what_it_saw(event):
            if sight.amiss and sight.owner not in (ABSENT, event["op"]):
                place = _last_of(events[:at], sight.owner)
                if place is not None:
                    ranks[place] = min(ranks[place], 1)


def _last_of(events: Sequence[Event], operation: int) -> int | None:
    """Return the place of an operation's last event, the target's own if it has one."""
    own = [at for at, event in enumerate(events) if event["op"] == operation]
    inside = [at for at in own if events[at].side is Side.SERVER]
    return max(inside or own, default=None)


def _crossings(moments: Sequence[Moment], event: Event, amiss: Iterable[Sight]) -> Iterable[Crossing]:
    told = set()
    for sight in amiss:
        if sight.owner in (ABSENT, event["op"]) or sight.owner in told:
            continue
        place = _last_of([moment.event for moment in moments], sight.owner)
        if place is not None:
            told.add(sight.owner)
            yield Crossing(place, sight)


def _switched_from(moments: Sequence[Moment], event: Event) -> int | None:
    if event.side is not Side.SERVER:
        return None
    for at in range(len(moments) - 1, -1, -1):
        held = moments[at].event
        if held.source == event.source:
            other = held["op"] != event["op"] and held["kind"] != Kind.EXIT
            return at if other else None
    return None


def _lane_key(event: Event) -> tuple[int, int, int, int]:
    if event.side is Side.CLIENT:
        parts = split_canary(event["op"])
        return (0, parts.worker, parts.client, 0)
    return (1, event.pid, event["thread"], event["greenlet"])


def _lanes(events: Sequence[Event]) -> dict[tuple[int, int, int, int], Lane]:
    """Return the lanes in order of appearance: the first client, the workers, the other clients."""
    keys = list(dict.fromkeys(_lane_key(event) for event in events))
    clients, workers = [k for k in keys if k[0] == 0], [k for k in keys if k[0] == 1]
    return {key: _lane(key) for key in (*clients[:1], *workers, *clients[1:])}


def _lane(key: tuple[int, int, int, int]) -> Lane:
    side, first, second, greenlet = key
    if side == 0:
        return Lane(f"client w{first}.c{second}", f"load worker {first}")
    if greenlet:
        return Lane(f"greenlet {greenlet}", f"process {first}, thread {second}")
    return Lane(f"worker thread {second}", f"process {first}")


def _say(event: Event) -> str:
    """Return what an event is, without the word that a lane of checkpoints needs least."""
    said = what_happened(event)
    return said.partition(" ")[2] if event["kind"] in _CHECKPOINTS else said


def _short(operation: int) -> str:
    if operation == ABSENT:
        return "outside"
    parts = split_canary(operation)
    return f"w{parts.worker}.c{parts.client}#{parts.number}"
