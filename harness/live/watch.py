"""One column, judged while it is loaded: the same folds as at the end, asked again and again.

A fold can be finished once, so that each look finishes a copy. What is still open is cut off, not blamed;
doubts are left out, since an unfinished run is full of them. So there is no *valid* here: only "invalid",
which no later record can undo, or "nothing found so far".
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from harness import records
from harness.checkers.judge import Judging
from harness.checkers.table import checkers_for
from harness.history.collect import routes_of
from harness.history.columns import Batch
from harness.history.exercise import Exercising
from harness.history.facts import ColumnFacts
from harness.history.measures import Measures, Measuring
from harness.report.causes import Group, group_violations
from harness.report.data import ColumnReport, RunReport
from harness.report.evidence import EvidenceLine, evidence_lines
from harness.store.files import StoreError
from harness.store.runs import Column
from harness.verdict import EXIT_CODES, Result, Verdict

from .tail import Tail


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a run at one moment."""

    version: int = 0  # grows with each snapshot
    run: str = ""
    column: str = ""
    violations: int = 0
    groups: tuple[Group, ...] = ()
    evidence: tuple[EvidenceLine, ...] = ()
    operations: int = 0
    per_second: tuple[int, ...] = ()
    switches: int = 0
    problems: tuple[str, ...] = ()
    over: bool = False  # the run was judged: its report is there
    verdict: str = ""  # the pipeline's, once it is over

    @property
    def word(self) -> str:
        """The verdict so far, in a word or three."""
        if self.verdict:
            return self.verdict
        if not self.run:
            return "no run yet"
        return "invalid" if self.violations else "nothing found so far"


@dataclass(slots=True)
class Watch:
    """Folds over one column's growing journals."""

    column: Column
    run: str
    _tail: Tail = field(init=False)
    _judging: Judging = field(init=False)
    _measuring: Measuring = field(init=False, default_factory=Measuring)
    _exercising: Exercising = field(init=False, default_factory=Exercising)

    def __post_init__(self) -> None:
        self._tail = Tail(self.column, self.run)
        # Written before the target starts, and so before anything is recorded.
        self._judging = Judging(checkers_for(app=self._meta().get("app") is True))

    def feed(self) -> int:
        """Take in what was recorded since the last call; return how many records that were."""
        taken = 0
        for batch in self._tail.look():
            self._take(batch)
            taken += len(batch.records)
        return taken

    def snapshot(self, version: int) -> Snapshot:
        """Return what is known now."""
        facts = self._facts()
        results = copy.deepcopy(self._judging).finish(facts)
        measures = copy.deepcopy(self._measuring).finish()
        exercise = self._exercising.finish()
        report = self._report(facts, results, measures)
        return Snapshot(
            version,
            self.run,
            self.column.name,
            sum(result.count for result in results),
            group_violations(report),
            evidence_lines(report.columns[0]),
            measures.operations,
            measures.per_second,
            exercise.switches,
            tuple(journal.problem for journal in facts.journals if journal.problem),
        )

    def _take(self, batch: Batch) -> None:
        self._judging.feed(batch)
        self._measuring.feed(batch)
        self._exercising.feed(batch)

    def _facts(self) -> ColumnFacts:
        meta = self._meta()
        return ColumnFacts(
            str(meta.get("model", "")),
            str(meta.get("server", "")),
            meta.get("inside") is True,
            self._tail.facts(),
            black_box=meta.get("black_box") is True,
            scenarios=tuple(meta.get("scenarios") or ()),
            app=meta.get("app") is True,
            contexts=str(meta.get("contexts") or ""),
            routes=routes_of(meta),
            shared=tuple(meta.get("shared") or ()),
        )

    def _meta(self) -> dict[str, Any]:
        try:
            return records.to_json(self.column.read_meta())
        except StoreError:
            return {}  # it is about to be written

    def _report(self, facts: ColumnFacts, results: tuple[Result, ...], measures: Measures) -> RunReport:
        verdict = Verdict.INVALID if any(result.count for result in results) else Verdict.UNKNOWN
        column = ColumnReport(self.column.name, {}, facts, verdict, results, measures)
        return RunReport(self.run, {}, verdict, EXIT_CODES[verdict], (column,))
