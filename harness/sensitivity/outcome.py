"""What one cell of the matrix came to: one fault in one column, loaded once with one seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from harness.verdict import Violation

from .expectation import Expectation


class Word(StrEnum):
    """What a cell says."""

    FOUND = "found"  # every alarm that must ring did, and no other
    SILENT = "silent"  # none had to, and none did
    MISSED = "missed"  # one that must ring did not
    FALSE_ALARM = "false alarm"  # one rang that must not
    FAILED = "failed"  # the harness can't say


#: The worst word comes last.
_WEIGHT = {
    word: at for at, word in enumerate((Word.SILENT, Word.FOUND, Word.FAILED, Word.MISSED, Word.FALSE_ALARM))
}
#: As things should be.
RIGHT = frozenset({Word.FOUND, Word.SILENT})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One cell with one seed. Numbers of operations count those sent until then, over all clients."""

    expected: Expectation
    column: str
    seed: int
    operations: int = 0
    found: frozenset[str] = frozenset()  # the invariants that were violated
    first: int | None = None  # operations until the first violation
    status_first: int | None = None  # until the status-only check would have failed
    user_first: int | None = None  # until the own-user check would have
    status_failed: int = 0  # operations that check fails
    user_failed: int = 0
    flaws: tuple[str, ...] = ()  # of witnesses and explanations
    problems: tuple[str, ...] = ()  # why the harness can't say
    seconds: float = 0.0
    evidence: str = ""  # the run's folder, if it was kept

    @property
    def fault(self) -> str:
        """The fault's id, '' for the target without any."""
        return self.expected.fault

    @property
    def word(self) -> Word:
        """What the cell says; a violation outranks a failure of the harness."""
        if self.found - self.expected.must - self.expected.may:
            return Word.FALSE_ALARM
        if self.expected.must and self.expected.must <= self.found:
            return Word.FOUND
        if self.problems:
            return Word.FAILED
        return Word.MISSED if self.expected.must else Word.SILENT if not self.found else Word.FOUND


def worst(words: Iterable[Word]) -> Word:
    """Return the worst of several words; FAILED if there is none."""
    return max(words, key=_WEIGHT.__getitem__, default=Word.FAILED)


def differences(outcome: Outcome) -> tuple[str, ...]:
    """Return how a cell differs from what was expected, a sentence each; () if it doesn't."""
    expected, found = outcome.expected, outcome.found
    name = name_fault(outcome.fault)
    where = f"in column {outcome.column} with seed {outcome.seed}"
    missed = expected.must - found if outcome.word is Word.MISSED else ()
    return (
        *(f"{name} must raise {one} {where}, and did not" for one in sorted(missed)),
        *(
            f"{name} raised {one} {where}, where it must stay silent"
            for one in sorted(found - expected.must - expected.may)
        ),
        *(f"{name} {where}: {flaw}" for flaw in outcome.flaws),
    )


def name_fault(fault: str) -> str:
    """Return how a sentence calls a fault."""
    return f"fault {fault}" if fault else "the target without a fault"


def first_ns(violations: Iterable[Violation]) -> int | None:
    """Return when the first of these violations showed: at the last event of its witness."""
    return min((max(event["t"] for event in one.witness) for one in violations if one.witness), default=None)
