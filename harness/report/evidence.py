"""What a column saw against what it had to see before silence counts as proof.

The thresholds and the comparison are the checker's; this file only reads its result.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.checkers.evidence import THRESHOLDS

from .data import ColumnReport
from .figures import count

EVIDENCE = "EVIDENCE"
#: A fact named with this suffix is the threshold of the fact without it.
NEEDED = "_needed"
_NAMES = {threshold.measure: threshold.what for threshold in THRESHOLDS}


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One measure of evidence."""

    what: str
    seen: int
    needed: int | None  # None: counted, but no threshold depends on it

    @property
    def word(self) -> str:
        """Whether it is enough: ``enough``, ``short`` or ``counted only``."""
        if self.needed is None:
            return "counted only"
        return "enough" if self.seen >= self.needed else "short"

    @property
    def seen_text(self) -> str:
        """The number seen, with separators."""
        return count(self.seen)

    @property
    def needed_text(self) -> str:
        """The number needed, with separators; ``-`` if there is no threshold."""
        return "-" if self.needed is None else f"at least {count(self.needed)}"


def evidence_lines(column: ColumnReport) -> tuple[EvidenceLine, ...]:
    """Return the evidence of a column; empty if none was counted."""
    facts: dict[str, int] = {}
    for result in column.results:
        if result.invariant == EVIDENCE:
            facts.update(result.facts)
    return tuple(
        EvidenceLine(_NAMES.get(name, name.replace("_", " ")), number, facts.get(name + NEEDED))
        for name, number in facts.items()
        if not name.endswith(NEEDED)
    )
