"""Violations grouped by cause: one card for what went wrong, however many laws and requests it broke.

A leak of one variable breaks a dozen laws a thousand times over: the request is another's inside, so
the answer, the session and the teardowns are as well. What is shown is the strongest witness of
each group first (the target's own record that names an owner), and one of each other kind, folded away.
The harness can't know a cause; the groups below are what a reader would look for in the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.history.layout import Side
from harness.verdict import Result, Violation

from .data import ColumnReport, RunReport


@dataclass(frozen=True, slots=True)
class Cause:
    """A group of laws that one defect breaks together, and where to look for it."""

    key: str
    title: str
    invariants: tuple[str, ...]
    advice: str


#: In the order of a report: what explains most comes first.
CAUSES: tuple[Cause, ...] = (
    Cause(
        "crossed",
        "One caller's context reached another caller",
        ("I1", "I3", "I4", "I5", "B1"),
        "Look for what outlives or outreaches one request: a module global, a class attribute, a "
        "cache, a thread-local under greenlets, a ContextVar that is set and never reset. What callers of an "
        "app of yours publish on purpose is declared with --shared.",
    ),
    Cause(
        "left",
        "Something stayed behind on the worker",
        ("I0", "I2", "I11"),
        "Look at the pops: on some path (an error, an early return, a generator that nobody closes) a "
        "context is pushed and not popped, or popped on another worker than the one that pushed it.",
    ),
    Cause(
        "backend",
        "A backend's reply went to another request",
        ("G",),
        "Look at what hands out connections: one that was given back with a reply still unread, or "
        "shared by two requests, answers the next one with what belonged to the last.",
    ),
    Cause(
        "outlived",
        "Something of a request outlived it",
        ("I10", "I13"),
        "Look for what keeps a reference after the teardown: a list, a cache, a traceback in a log "
        "record, a closure given to a thread or a timer, a reference cycle that no collection breaks. A "
        "table of an app's callers counts as kept when it has more entries than --cache-max.",
    ),
    Cause(
        "teardown",
        "A teardown callback did not run exactly once",
        ("I6",),
        "The ledger below says which callback. Look at what runs between the push and the pop: an "
        "exception in one callback that skips the others, a second pop, a body that is closed twice "
        "or never.",
    ),
    Cause(
        "cycle",
        "A request left the request cycle",
        ("CYCLE",),
        "Compare the step that is named with docs/cycle.md, and with the cycle as observed below.",
    ),
    Cause(
        "ids",
        "An id was handed out twice",
        ("I7", "B2"),
        "Look for a counter or a random source that workers copy when they fork, or read and write "
        "without a lock.",
    ),
    Cause(
        "answer",
        "A request was answered wrongly or not once",
        ("I8", "I12"),
        "Start with the target's log: an answer of the wrong status is often an exception that was "
        "logged there.",
    ),
    Cause(
        "store",
        "A write was lost",
        ("I9",),
        "Look for a value that is kept in one worker and read in another, or written back whole by both.",
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A violation and the column it was found in."""

    column: ColumnReport
    violation: Violation


@dataclass(frozen=True, slots=True)
class Kind:
    """One anomaly of one law, over all columns."""

    invariant: str
    law: str
    anomaly: str
    counts: tuple[tuple[str, int], ...]  # column, how often; columns without it are left out
    shown: Shown

    @property
    def count(self) -> int:
        """How often, in all columns."""
        return sum(number for _, number in self.counts)


@dataclass(frozen=True, slots=True)
class Group:
    """Everything that one cause broke."""

    cause: Cause
    kinds: tuple[Kind, ...]  # the one with the strongest witness first
    columns: tuple[tuple[str, int], ...]

    @property
    def count(self) -> int:
        """How many violations."""
        return sum(kind.count for kind in self.kinds)

    @property
    def anchor(self) -> str:
        """The id of its card."""
        return f"cause-{self.cause.key}"


def group_violations(report: RunReport) -> tuple[Group, ...]:
    """Return the violations of a run by cause, those of :data:`CAUSES` first, then laws it does not name."""
    kinds = _kinds(report.columns)
    groups = []
    for cause in (*CAUSES, *_others(kinds)):
        own = sorted((k for k in kinds if k.invariant in cause.invariants), key=_strength)
        if own:
            groups.append(Group(cause, tuple(own), _columns(report.columns, own)))
    return tuple(groups)


def pick(violations: Iterable[Violation]) -> dict[str, Violation]:
    """Return the strongest violation of each anomaly; of equals the first."""
    best: dict[str, Violation] = {}
    for violation in violations:
        held = best.get(violation.anomaly)
        if held is None or _weight(violation) < _weight(held):
            best[violation.anomaly] = violation
    return best


def shown_operations(results: Iterable[Result]) -> set[int]:
    """Return the operations of the violations that a report may show of one column."""
    shown = (violation for result in results for violation in pick(result.violations).values())
    return {operation for violation in shown for operation in violation.operations}


def _kinds(columns: Sequence[ColumnReport]) -> list[Kind]:
    counts: dict[tuple[str, str], dict[str, int]] = {}
    shown: dict[tuple[str, str], Shown] = {}
    laws: dict[str, str] = {}
    for column in columns:
        for result in column.results:
            laws.setdefault(result.invariant, result.title)
            for anomaly, violation in pick(result.violations).items():
                key = (result.invariant, anomaly)
                counts.setdefault(key, {})[column.name] = count_of(result, anomaly)
                if key not in shown or _weight(violation) < _weight(shown[key].violation):
                    shown[key] = Shown(column, violation)
    return [
        Kind(invariant, laws[invariant], anomaly, tuple(counts[invariant, anomaly].items()), one)
        for (invariant, anomaly), one in shown.items()
    ]


def count_of(result: Result, anomaly: str) -> int:
    """Return how many violations of one kind a result counts; an older record knows only those kept."""
    kept = sum(violation.anomaly == anomaly for violation in result.violations)
    if not result.kinds and len(pick(result.violations)) == 1:
        return result.count
    return result.kinds.get(anomaly, kept)


def _others(kinds: Iterable[Kind]) -> tuple[Cause, ...]:
    named = {invariant for cause in CAUSES for invariant in cause.invariants}
    laws = {kind.invariant: kind.law for kind in kinds if kind.invariant not in named}
    advice = "Read the law in docs/verdict.md, and the witness below."
    return tuple(Cause(i.lower(), f"{i}: {law}, and it was not so", (i,), advice) for i, law in laws.items())


def _columns(columns: Iterable[ColumnReport], kinds: Iterable[Kind]) -> tuple[tuple[str, int], ...]:
    totals: dict[str, int] = {column.name: 0 for column in columns}
    for kind in kinds:
        for name, number in kind.counts:
            totals[name] += number
    return tuple(totals.items())


def _strength(kind: Kind) -> tuple[int, int, int]:
    return (*_weight(kind.shown.violation), -kind.count)


def _weight(violation: Violation) -> tuple[int, int]:
    """Return how much explaining a violation leaves to do: the less the better."""
    inside = any(event.side is Side.SERVER for event in violation.witness)
    return (0 if len(violation.operations) > 1 else 1, 0 if inside else 1)
