"""Verdicts and their evidence: valid < unknown < invalid.

The priorities are Jepsen's (``checker.clj``): one violation outranks every doubt, one doubt
outranks every agreement, and nothing is *valid* by default.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from .history.event import Event


class Verdict(IntEnum):
    """What the evidence says; the greatest of several wins."""

    VALID = 0
    UNKNOWN = 1
    INVALID = 2

    @property
    def word(self) -> str:
        """The verdict as a lower-case word."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach of one invariant, with the fewest events that prove it."""

    invariant: str  # "I1"
    anomaly: str  # the kind of breach: "foreign-request"
    explanation: str  # one sentence that names the operations and the checkpoint
    witness: tuple[Event, ...]
    operations: tuple[int, ...]  # the canaries of the operations named
    checkpoint: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What one checker says of one column's history."""

    invariant: str
    title: str
    verdict: Verdict
    looked: bool = True  # False: "not looked at" (no evidence of that side was recorded)
    count: int = 0  # violations found, of which `violations` keeps the first few
    violations: tuple[Violation, ...] = ()
    kinds: dict[str, int] = field(default_factory=dict)  # how many of each anomaly; adds up to `count`
    doubts: tuple[str, ...] = ()  # why the verdict is unknown, a sentence each
    facts: dict[str, int] = field(default_factory=dict)  # what it looked at, counted
    cut_off: tuple[int, ...] = ()  # operations whose process was killed under them: judged by none
    notes: tuple[str, ...] = ()  # what else to know, a sentence each; decides nothing


def merge_verdicts(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the greatest verdict; UNKNOWN if there is none."""
    return max(verdicts, default=Verdict.UNKNOWN)


def merge_results(results: Iterable[Result]) -> Verdict:
    """Return the greatest verdict of those results that looked; UNKNOWN if none did.

    A result that did not look ("not looked at") counts neither way: whether a run without the
    target's own records may be called valid is asked of its user (``--black-box``), not of a merge.
    """
    return merge_verdicts(result.verdict for result in results if result.looked)


#: Exit codes by verdict; 3 means wrong usage or that the harness itself failed.
EXIT_CODES = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.UNKNOWN: 2}
EXIT_HARNESS_FAILED = 3
