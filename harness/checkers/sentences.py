"""The small parts of explanations."""

from __future__ import annotations

from collections.abc import Iterable

from harness.history.canary import name_canary
from harness.history.event import Event

#: The ``detail`` of a client's OBSERVE record -> when it was seen; elsewhere details mean nothing.
_MOMENTS = {0: "before the yield", 1: "after the yield", 2: "as it left"}


def capital(sentence: str) -> str:
    """Return the sentence with its first letter in upper case; ``g`` and names in code stay as they are."""
    first = sentence.partition(" ")[0]
    return sentence if first == "g" or "_" in first else sentence[:1].upper() + sentence[1:]


def moment(detail: int) -> str:
    """Return when an observation was made."""
    return _MOMENTS.get(detail, "")


def join_and(words: list[str], conjunction: str = "and") -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``."""
    *others, last = words or [""]
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def plural(number: int, noun: str) -> str:
    """Return ``1 operation`` or ``1,234 operations``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def name_few(canaries: Iterable[int], number: int) -> str:
    """Return the names of the first few canaries, and how many more of *number* there are."""
    named = [name_canary(canary) for canary in canaries]
    more = number - len(named)
    return join_and([*named, f"{more:,} more"] if more else named)


def name_with_owner(canary: int, owner: Event | None) -> str:
    """Return how to call a canary; a session's also names the operation that was sent with it."""
    name = name_canary(canary)
    return name if owner is None or owner["op"] == canary else f"{name} (that of {name_canary(owner['op'])})"
