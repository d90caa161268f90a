"""The teardown ledger as a table: for each callback, how often it was due, ran, never ran, ran again."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checkers.ledger_rules import CALLBACKS
from harness.history.canary import name_canary

from .data import ColumnReport

LEDGER = "I6"
#: Between what is counted and the callback's name, in the facts of the ledger.
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
        opened = facts.get(f"{context}_contexts")
        if opened is None:
            continue
        for callback in callbacks:
            name = callback.name.lower()
            missing, twice = facts.get(f"missing{MARK}{name}", 0), facts.get(f"twice{MARK}{name}", 0)
            lines.append(HookLine(name, context, opened, opened - missing, missing, twice))
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
