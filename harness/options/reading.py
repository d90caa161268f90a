"""Reads what a person typed: the small parts that several options share."""

from __future__ import annotations

import re
from collections.abc import Sequence


class UsageError(Exception):
    """What a person asked for can't be done; its text is one line: whose fault, and what to do."""


def items_of(text: str) -> tuple[str, ...]:
    """Return what commas separate, each once."""
    return tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))


def choices_of(name: str, text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return what commas separate.

    :raises UsageError: if one of them is not *known*; *name* is the option's.
    """
    chosen = items_of(text)
    for item in chosen:
        if item not in known:
            raise UsageError(f"{name}: there is no {item!r}; choose from {', '.join(known) or 'nothing'}")
    return chosen


def one_line(name: str, text: str) -> str:
    """Return *text*.

    :raises UsageError: if it holds control characters.
    """
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise UsageError(f"{name}: the value holds control characters")
    return text


def whole_of(name: str, text: str, low: int, high: int) -> int | None:
    """Return a whole number, None for no text.

    :raises UsageError: if it is none, or not from *low* to *high*.
    """
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
        raise UsageError(f"{name}: {text!r} is no whole number from {low} to {high}")
    return int(text)
