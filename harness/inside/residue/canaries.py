"""Canaries of finished operations, recognised in text, bytes and integers.

Rules: what is kept of the operations is one number for each client, so that a long run costs nothing; and a
text is searched for the few prefixes that its clients' canaries have before anything slower looks at it.

An operation is known by its own canary and by those of its fields, in each of their spellings
(:mod:`harness.blackbox.carrying`). What is returned is the very canary that was found: it names the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.blackbox.carrying import UUID_HEAD, from_float, owner_of, to_float, to_uuid
from harness.history.canary import CanaryKind, make_canary, split_canary, to_text

_TEXT = re.compile(r"(?=([13][0-9a-f]{15}))")
_UUID = re.compile(r"(3[0-9a-f]{3})-([0-9a-f]{12})")
_DECIMAL = re.compile(r"(?<![0-9])([1-4][0-9]{18})(?![0-9])")
_FLOAT = re.compile(r"(?<![0-9])([2-4][0-9]{15})\.5")
_CLIENT_SHIFT = 32
#: Digits of a prefix: those that say the kind, the load worker and the first half of the client.
_PREFIX = 6
#: Beyond these a float has no room for a canary.
_FLOAT_WORKERS, _FLOAT_CLIENTS = 16, 4096
#: Characters that are searched as they are; of more, only what is around a prefix.
_SHORT = 4_096
#: No spelling of a canary is longer, from its prefix on.
_LONGEST = 40
_HALF = (1 << 64) - 1
_HEAD = int(UUID_HEAD, 16)
#: No canary of an operation is smaller.
LEAST = CanaryKind.OPERATION << 60


class Finished:
    """The operations that have left this process; clients number theirs upwards."""

    __slots__ = ("_bytes", "_floats", "_latest", "_marks", "_texts")

    def __init__(self) -> None:
        self._latest: dict[int, int] = {}
        self._marks: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._texts: tuple[str, ...] = ()
        self._floats: tuple[str, ...] = ()
        self._bytes: tuple[bytes, ...] = ()

    def add(self, number: int) -> None:
        """Note that an operation has left."""
        self._latest[number >> _CLIENT_SHIFT] = number

    def mark(self) -> None:
        """Note how far each client is: what it sent before the mark before this one is old."""
        self._marks = (self._marks[1], dict(self._latest))

    def is_old(self, operation: int) -> bool:
        """Whether an operation had ended by the last mark but one."""
        return operation <= self._marks[0].get(operation >> _CLIENT_SHIFT, 0)

    def prepare(self) -> None:
        """Make ready to search: to be called after a client's first :meth:`add`."""
        numbers = list(self._latest.values())
        self._texts = tuple(sorted({prefix for number in numbers for prefix in _prefixes(number)}))
        self._floats = tuple(sorted({prefix for number in numbers for prefix in _float_prefixes(number)}))
        self._bytes = tuple(text.encode() for text in self._texts)

    def __contains__(self, number: int) -> bool:
        latest = self._latest.get(number >> _CLIENT_SHIFT)
        return latest is not None and LEAST < number <= latest

    def may_be_in_text(self, text: str) -> bool:
        """Whether *text* may hold one; quick, and sometimes wrong."""
        if any(prefix in text for prefix in self._texts):
            return True
        return ".5" in text and any(prefix in text for prefix in self._floats)

    def may_be_in_bytes(self, data: bytes) -> bool:
        """Whether *data* may hold one; quick, and sometimes wrong."""
        return any(prefix in data for prefix in self._bytes)

    def in_text(self, text: str) -> list[int]:
        """Return those that *text* spells."""
        if len(text) > _SHORT:
            text = "\n".join(self._near(text))
        found = [int(digits, 16) for digits in _TEXT.findall(text)]
        found += [int(head + tail, 16) for head, tail in _UUID.findall(text)]
        found += map(int, _DECIMAL.findall(text))
        found += [from_float(int(digits)) for digits in _FLOAT.findall(text)]
        return self._finished(found)

    def _near(self, text: str) -> Iterator[str]:
        """Yield what is around each prefix: a program's longest texts are none of a caller's."""
        for prefix in (*self._texts, *self._floats):
            at = text.find(prefix)
            while at >= 0:
                yield text[max(at - 1, 0) : at + _LONGEST]  # one before: digits may begin earlier
                at = text.find(prefix, at + 1)

    def in_bytes(self, data: bytes) -> list[int]:
        """Return those that *data* spells."""
        return self.in_text(data.decode("latin-1"))

    def in_integers(self, numbers: Iterable[int]) -> list[int]:
        """Return those among *numbers*; a UUID is one of 128 bits."""
        large = (number for number in numbers if number > LEAST)
        return self._finished(number & _HALF if number >> 64 == _HEAD else number for number in large)

    def _finished(self, numbers: Iterable[int]) -> list[int]:
        return [number for number in numbers if LEAST < number <= _HALF and owner_of(number)[0] in self]


def _prefixes(operation: int) -> Iterator[str]:
    """Yield what the spellings of an operation's canaries begin with, whatever its number."""
    parts = split_canary(operation)
    yield to_text(operation)[:_PREFIX]
    for number in (1, (1 << 32) - 1):
        canary = make_canary(CanaryKind.VALUE, parts.worker, parts.client, number)
        yield to_text(canary)[:_PREFIX]
        yield to_uuid(canary)[19:26]
        yield str(canary)[:8]


def _float_prefixes(operation: int) -> Iterator[str]:
    """Yield the same for floats: a few digits that any text may hold, so that ".5" is looked for first."""
    parts = split_canary(operation)
    if parts.worker < _FLOAT_WORKERS and parts.client < _FLOAT_CLIENTS:
        for number in (1, (1 << 32) - 1):
            yield to_float(make_canary(CanaryKind.VALUE, parts.worker, parts.client, number))[:5]
