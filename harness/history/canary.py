"""Canaries: the unique value an operation carries in and must be the only one it sees.

A canary is an unsigned 64-bit integer, never 0, that says what it marks and who made it, so
that a foreign one names its owner without a look-up:

    kind 4 bits | load worker 12 bits | client 16 bits | number 32 bits

As text it is always 16 lower-case hexadecimal digits.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

#: What the application sees and echoes: the operation's canary.
HEADER = "X-Canary"
#: What only the outermost wrapper reads: ``<operation>.<session>.<scenario>``, the first two as
#: canary text, the scenario as two hexadecimal digits.
WRAPPER_HEADER = "X-Crosstalk"

#: Nothing was there (no context, no value).
ABSENT = 0
#: Something was there, but it carries no canary (a request that no client of ours sent).
UNMARKED = (1 << 64) - 1

_WORKER_SHIFT = 48
_CLIENT_SHIFT = 32
_KIND_SHIFT = 60


class CanaryKind(IntEnum):
    """What a canary marks."""

    OPERATION = 1
    SESSION = 2
    VALUE = 3


class CanaryParts(NamedTuple):
    """The four parts of a canary."""

    kind: int
    worker: int
    client: int
    number: int


def make_canary(kind: CanaryKind, worker: int, client: int, number: int) -> int:
    """Return the canary of the *number*-th thing of *kind* that this client made.

    :raises ValueError: if a part does not fit its bits.
    """
    if not (0 <= worker < 1 << 12 and 0 <= client < 1 << 16 and 0 <= number < 1 << 32):
        raise ValueError(f"canary part out of range: {worker=}, {client=}, {number=}")
    return (kind << _KIND_SHIFT) | (worker << _WORKER_SHIFT) | (client << _CLIENT_SHIFT) | number


def split_canary(canary: int) -> CanaryParts:
    """Take a canary apart."""
    return CanaryParts(
        canary >> _KIND_SHIFT,
        canary >> _WORKER_SHIFT & 0xFFF,
        canary >> _CLIENT_SHIFT & 0xFFFF,
        canary & 0xFFFFFFFF,
    )


def to_text(canary: int) -> str:
    """Return the 16 hexadecimal digits of a canary."""
    return f"{canary:016x}"


def from_text(text: str | None) -> int:
    """Return the canary a text spells, :data:`UNMARKED` if it spells none, 0 for None or ''."""
    if not text:
        return ABSENT
    if len(text) != 16:
        return UNMARKED
    try:
        return int(text, 16)
    except ValueError:
        return UNMARKED


def name_canary(canary: int) -> str:
    """Return how a sentence calls this canary, such as ``operation w0.c17#45``."""
    if canary == ABSENT:
        return "nothing"
    if canary == UNMARKED:
        return "a value without a canary"
    parts = split_canary(canary)
    try:
        kind = CanaryKind(parts.kind).name.lower()
    except ValueError:
        return f"an alien value {canary:016x}"
    return f"{kind} w{parts.worker}.c{parts.client}#{parts.number}"
