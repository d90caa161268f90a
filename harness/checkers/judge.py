"""Judge a column's history: every checker, in one pass over its batches.

A checker that crashes takes nobody with it: its result is *unknown* and says so (Jepsen's
``check-safe``), the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from harness.history.columns import Batch
from harness.history.facts import ColumnFacts
from harness.verdict import Result, Verdict

from .fold import Fold, Law
from .table import CHECKERS, Checker
from .view import Views

#: Records looked at together. More would only make the working columns larger.
_ROWS = 1 << 14


@dataclass(slots=True)
class _Guarded:
    """A checker at work, or what it died of."""

    checker: Checker
    fold: Fold | None = None
    crash: str = ""


class Judging:
    """All checkers at work; feed it each journal's batches in order, the journals in any."""

    def __init__(self, checkers: Iterable[Checker] = CHECKERS) -> None:
        self._views = Views()
        self._guarded = [_Guarded(checker) for checker in checkers]
        for one in self._guarded:
            try:
                one.fold = one.checker.start(one.checker.law)
            except Exception as error:
                one.crash = _describe(error)

        self._fed = False

    def feed(self, batch: Batch) -> None:
        """Show the next batch of its journal to every checker."""
        self._fed = self._fed or len(batch.records) > 0
        for piece in _pieces(batch):
            view = self._views.of(piece)
            for one in self._guarded:
                if one.fold is None:
                    continue
                try:
                    one.fold.feed(view)
                except Exception as error:
                    one.fold, one.crash = None, _describe(error)

    def finish(self, facts: ColumnFacts) -> tuple[Result, ...]:
        """Return every checker's result, in the order of the table."""
        results = []
        for one in self._guarded:
            if facts.app and one.checker.law.contexts and not facts.contexts:
                continue
            result = _finish(one, facts)
            if not one.crash:
                result = _asked(one.checker.law, result, facts) if self._fed else _only_cause(result)
            results.append(result)
        return tuple(results)


def _only_cause(result: Result) -> Result:
    """Return what to say of an empty history: ACCOUNTING names the cause, what the others miss is no news."""
    if result.invariant == "ACCOUNTING" or result.verdict is not Verdict.UNKNOWN:
        return result
    return replace(result, verdict=Verdict.VALID, looked=False, doubts=())


def _asked(law: Law, result: Result, facts: ColumnFacts) -> Result:
    """Doubt a law that the whole mix should have tested and nothing was recorded about."""
    if result.looked or facts.scenarios or facts.app or not facts.inside or law.in_order:
        return result
    doubt = (
        f"Nothing that {result.invariant} ({result.title}) is about was recorded: run longer, with more "
        "operations."
    )
    return replace(result, verdict=Verdict.UNKNOWN, looked=True, doubts=(doubt,))


def judge(facts: ColumnFacts, batches: Iterable[Batch]) -> tuple[Result, ...]:
    """Return what every checker says of a column's history."""
    judging = Judging()
    for batch in batches:
        judging.feed(batch)
    return judging.finish(facts)


def _pieces(batch: Batch) -> Iterator[Batch]:
    if len(batch.records) <= _ROWS:
        yield batch
        return
    for start in range(0, len(batch.records), _ROWS):
        records = batch.records[start : start + _ROWS]
        yield replace(batch, first=batch.first + start, records=records)


def _finish(one: _Guarded, facts: ColumnFacts) -> Result:
    law = one.checker.law
    if one.fold is not None:
        try:
            return one.fold.finish(facts)
        except Exception as error:
            one.crash = _describe(error)
    doubt = (
        f"The checker of {law.id} ({law.title}) crashed with {one.crash}: that is a fault of the "
        "harness; please report it, with this run's folder."
    )
    return Result(law.id, law.title, Verdict.UNKNOWN, doubts=(doubt,))


def _describe(error: Exception) -> str:
    """Return an error in one line."""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
