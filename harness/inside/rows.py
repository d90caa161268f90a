"""The records of the server side, in parts packed beforehand; tables.

What does not change within an operation is packed once and copied as bytes for each event: to
convert a 64-bit integer costs more than to copy sixteen bytes.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import NamedTuple, TypeAlias

from harness.history.canary import ABSENT, UNMARKED
from harness.history.layout import RECORD_SIZE, App, Kind
from harness.history.steps import POPS, PUSHES, Step

_WORD_MAX = (1 << 64) - 1

pack_word = struct.Struct("<Q").pack
#: Nothing was there.
ABSENT_WORD = pack_word(ABSENT)

#: t, op, request, session, g, value and where, activation, point kind app detail, commit.
STEP = struct.Struct("<Q8s8sQQ16sI4sQ")
#: t, op, request, session, g, value, where, activation, point and kind, app, detail, commit.
OTHER = struct.Struct("<Q8s8sQQ8s8sI2sBBQ")
#: The same as words, for the slow path.
WORDS = struct.Struct("<9Q")

if not STEP.size == OTHER.size == WORDS.size == RECORD_SIZE:
    raise AssertionError("every form of a record has 72 bytes")


#: The steps where an activation begins, where one ends, and where that of an app context does.
PUSH_STEPS = frozenset(step.label for step in PUSHES)
POP_STEPS = frozenset(step.label for step in POPS)
APP_POP_STEP = Step.APP_CONTEXT_POP.label

_KINDS = {
    step.label: Kind.PUSH if step in PUSHES else Kind.POP if step in POPS else Kind.STEP for step in Step
}
#: Point and kind of each step.
STEP_HEADS = {step.label: bytes((step, _KINDS[step.label])) for step in Step}

#: Point, kind, app and detail of a record, by step.
Rows: TypeAlias = dict[str, bytes]


class StepRows(NamedTuple):
    """The rows of one scenario. None where an activation begins or ends, with the row in `turns`."""

    without: dict[str, bytes | None]  # no app context is current
    target: dict[str, bytes | None]  # the target's is
    other: dict[str, bytes | None]  # that of another app is
    turns: tuple[Rows, Rows, Rows]  # by App


@cache
def step_rows(scenario: int) -> StepRows:
    """Return the rows of an operation of this scenario."""
    by_app = [_rows(app, scenario) for app in App]
    turns = PUSH_STEPS | POP_STEPS
    plain = [{step: None if step in turns else row for step, row in rows.items()} for rows in by_app]
    return StepRows(plain[0], plain[1], plain[2], (by_app[0], by_app[1], by_app[2]))


def _rows(app: App, scenario: int) -> Rows:
    return {step: head + bytes((app, scenario)) for step, head in STEP_HEADS.items()}


def head(kind: Kind, point: int = 0) -> bytes:
    """Return point and kind of a record."""
    return bytes((point, kind))


def word(value: object) -> int:
    """Return *value* if it can be a canary, else UNMARKED."""
    return value if type(value) is int and 0 <= value <= _WORD_MAX else UNMARKED
