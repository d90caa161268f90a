"""The teardown ledger as a table: for each callback, how often it was due, ran, never ran, ran again."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checkers.ledger_rules import CALLBACKS, COUNTED
from harness.history.canary import name_canary

from .data import ColumnReport

LEDGER = "I6"
#: Between a callback's name and what is counted of it, in the facts of the ledger.
MARK = "."


@dataclass(frozen=True, slots=True)
class HookLine:
    """One callback in one column."""

    callback: str
    context: str  # "request" or "app"
    opened: int
    ran: int
    missing: int
    twice: int

    @property
    def right(self) -> bool:
        """Whether it ran exactly once each time it was due."""
        return not (self.missing or self.twice)


def hook_lines(column: ColumnReport) -> tuple[HookLine, ...]:
    """Return the ledger of a column; () if none was kept."""
    facts: dict[str, int] = {}
    for result in column.results:
        if result.invariant == LEDGER:
            facts.update(result.facts)
    lines = []
    for context, callbacks in CALLBACKS.items():
        for callback in callbacks:
            name = callback.name.lower()
            numbers = [facts.get(f"{name}{MARK}{what}") for what in COUNTED]
            if None not in numbers:
                lines.append(HookLine(name, context, *(number or 0 for number in numbers)))
    return tuple(lines)


def offenders(column: ColumnReport, callback: str) -> str:
    """Return the operations whose witnesses name a callback, '' if none does."""
    named = dict.fromkeys(
        name_canary(violation.operations[0])
        for result in column.results
        if result.invariant == LEDGER
        for violation in result.violations
        if violation.checkpoint == callback and violation.operations
    )
    return ", ".join(list(named)[:3])
