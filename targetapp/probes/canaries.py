"""Canaries as the probes know them: 64-bit integers, 16 hexadecimal digits as text, 0 for none."""

from __future__ import annotations

from targetapp.framework import request

HEADER = "X-Canary"


def to_text(canary: object) -> str:
    """Return the digits of a canary; what is no integer has none."""
    return f"{canary:016x}" if isinstance(canary, int) else f"{0:016x}"


def from_text(text: str | None) -> int:
    """Return the canary that *text* spells, 0 if it spells none."""
    try:
        return int(text or "0", 16)
    except ValueError:
        return 0


def canary_of_request() -> int:
    """Return the canary in the header of what `request` holds at this moment."""
    return from_text(request.headers.get(HEADER))
