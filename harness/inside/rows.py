"""The records of the server side, in parts packed beforehand; tables.

What does not change within an operation is packed once and copied as bytes for each event: to
convert a 64-bit integer costs more than to copy sixteen bytes.

A *row* is the last half of the meta word: point, kind, app, detail. Which app is current is known
when the event happens, so rows come in threes, in the order of :class:`~harness.history.layout.App`.
"""

from __future__ import annotations

import struct
from functools import cache
from sys import intern
from typing import NamedTuple, TypeAlias

from harness.history.canary import ABSENT, UNMARKED
from harness.history.layout import RECORD_SIZE, App, Callback, Kind, Look, Outcome
from harness.history.steps import POPS, PUSHES, Step

_WORD_MAX = (1 << 64) - 1

pack_word = struct.Struct("<Q").pack
#: Nothing was there.
ABSENT_WORD = pack_word(ABSENT)

#: t, op, request, session, g, value and where, activation, row, commit.
RECORD = struct.Struct("<Q8s8sQQ16sI4sQ")
#: The same as words, for the slow path.
WORDS = struct.Struct("<9Q")

if not RECORD.size == WORDS.size == RECORD_SIZE:
    raise AssertionError("each form of a record has 72 bytes")

#: What names an event of the wrapper's, or of a yield in an app of the user's, where a step has its label.
_OF_WRAPPER = (Kind.ENTER, Kind.RETURN, Kind.CHUNK, Kind.EXIT, Kind.YIELD)
ENTER, RETURN, CHUNK, EXIT, YIELD = (kind.name for kind in _OF_WRAPPER)

#: The steps where an activation begins, and where that of an app context ends.
PUSH_STEPS = frozenset(intern(step.label) for step in PUSHES)
APP_POP_STEP = intern(Step.APP_CONTEXT_POP.label)

RowTriple: TypeAlias = tuple[bytes, bytes, bytes]


class OperationRows(NamedTuple):
    """The rows of the operations of one scenario."""

    #: By step, while no app context is current, the target's, or that of another app. None where an
    #: activation begins or ends.
    without: dict[str, bytes | None]
    target: dict[str, bytes | None]
    other: dict[str, bytes | None]
    #: By step, and by the names of the wrapper's and the probes' events.
    threes: dict[str, RowTriple]


@cache
def rows_of(scenario: int) -> OperationRows:
    """Return the rows of an operation of this scenario."""
    threes = {name: _three(point, kind, scenario) for name, (point, kind) in _EVENTS.items()}
    plain = [
        # Interned, as the names in the target's code are: equal keys are then the same object.
        {intern(step): None if kind is not Kind.STEP else threes[step][app] for step, kind in _STEPS.items()}
        for app in App
    ]
    return OperationRows(plain[0], plain[1], plain[2], threes)


@cache
def teardown_rows(callback: Callback, outcome: Outcome) -> RowTriple:
    """Return the rows of an entry in the ledger."""
    return _three(callback, Kind.TEARDOWN, outcome)


@cache
def left_rows(outcome: Outcome) -> RowTriple:
    """Return the rows of an exception that left the app."""
    return _three(0, Kind.LEFT, outcome)


def word(value: object) -> int:
    """Return *value* if it can be a canary, else UNMARKED."""
    return value if type(value) is int and 0 <= value <= _WORD_MAX else UNMARKED


def _three(point: int, kind: Kind, detail: int) -> RowTriple:
    none, target, other = (bytes((point, kind, app, detail)) for app in App)
    return none, target, other


_STEPS = {
    step.label: Kind.PUSH if step in PUSHES else Kind.POP if step in POPS else Kind.STEP for step in Step
}
_EVENTS = {
    **{step.label: (step, _STEPS[step.label]) for step in Step},
    **{look.name.lower(): (look, Kind.LOOK) for look in Look},
    **{kind.name: (0, kind) for kind in _OF_WRAPPER},
}
