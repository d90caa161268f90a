"""Numbers as a reader reads them; one spelling for the page, the text and the axes."""

from __future__ import annotations

import math

MIB = 1024 * 1024


def count(number: int) -> str:
    """Return ``1,234,567``."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """Return ``1 violation`` or ``2 violations``."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def short(number: float) -> str:
    """Return at most three significant digits and no needless zero: ``0.25``, ``12.5``, ``1,200``."""
    if not math.isfinite(number):
        return "unknown"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def milliseconds(number: float) -> str:
    """Return a latency such as ``12.5 ms``; ``unknown`` if there is none."""
    return f"{short(number)} ms" if math.isfinite(number) else "unknown"


def mebibytes(size: int) -> str:
    """Return a size in bytes as ``45.2 MiB``."""
    return f"{short(size / MIB)} MiB"


def seconds(number: float) -> str:
    """Return a duration such as ``20 s``."""
    return f"{short(number)} s"
