"""ACCOUNTING: every operation and every record is accounted for; otherwise nothing is certain.

This checker never finds a violation. It says when the history is not whole, so that silence of the
others proves nothing: no operations, operations without an end, operations that no target process
noted, operations lost (never sent, or sent and never answered), journals with gaps, laws that nothing
was recorded about, and whatever went wrong while the run was made. The account is exact: one bit for
each operation, by its canary.

What a cache in front of the target answered is accounted for apart: the target never saw it.

A killed worker is no doubt by itself: its open operations are cut off, which CYCLE and I6 list, and
so are those that waited for it and never entered. Their clients got no answer, and that explains it.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import Ending, Kind, Side
from harness.verdict import Result, Verdict

from .fold import Fold, Law
from .operation_set import OperationSet, union
from .sentences import name_few, plural
from .view import View

#: Operations that a doubt names.
_NAMED = 5


class Accounting:
    """Counts in sets of canaries."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._invoked = OperationSet()
        self._completed = {kind: OperationSet() for kind in (Kind.OK, Kind.FAIL, Kind.INFO)}
        self._cached = OperationSet()
        self._entered = OperationSet()
        self._left: dict[str, tuple[OperationSet, OperationSet]] = {}  # source -> entered, left
        self._entries = 0

    def feed(self, view: View) -> None:
        """Take in a batch of either side."""
        if view.side is Side.CLIENT:
            self._invoked.add(view.op[view.kind == Kind.INVOKE])
            for kind, completed in self._completed.items():
                completed.add(view.op[view.kind == kind])
            self._cached.add(view.op[(view.kind == Kind.OK) & (view.column("detail") == Ending.CACHED)])
            return
        entered = view.op[(view.kind == Kind.ENTER) & view.known]
        self._entries += int(entered.size)
        self._entered.add(entered)
        here, left = self._left.setdefault(view.source, (OperationSet(), OperationSet()))
        here.add(entered)
        left.add(view.op[(view.kind == Kind.EXIT) & view.known])

    def finish(self, facts: ColumnFacts) -> Result:
        """Compare the accounts with each other and with what is known of the journals."""
        doubts = (
            *facts.doubts,
            *(doubt for journal in facts.journals for doubt in _doubts_of_journal(journal)),
            *_doubts_of_load_workers(facts),
            *self._doubts_of_clients(),
            *(self._doubts_of_lost(facts) if len(self._completed[Kind.OK]) else ()),
            *(self._doubts_of_target() if facts.inside else _doubts_of_black_box(facts)),
        )
        return Result(
            self._law.id,
            self._law.title,
            Verdict.UNKNOWN if doubts else Verdict.VALID,
            doubts=tuple(dict.fromkeys(doubts)),
            facts=self._counts(facts),
        )

    def _counts(self, facts: ColumnFacts) -> dict[str, int]:
        counts = {
            "operations": len(self._invoked),
            **{kind.name.lower(): len(done) for kind, done in self._completed.items()},
        }
        if len(self._cached):
            counts["cached"] = len(self._cached)
        if facts.inside:
            counts["entered"] = len(self._entered)
        return counts

    def _doubts_of_clients(self) -> Iterator[str]:
        if not len(self._invoked):
            yield "No operation was sent: check the load, its users and its duration."
            return
        completed = union(self._completed.values())
        if not len(self._completed[Kind.OK]):
            yield "No operation was answered: check that the target is up, see its log."
        for missing, what in (
            (self._invoked.minus(completed), "sent but never completed: a load worker ended first"),
            (completed.minus(self._invoked), "completed but never sent: the client's journal is not whole"),
        ):
            if len(missing):
                yield _name(missing, what)

    def _doubts_of_lost(self, facts: ColumnFacts) -> Iterator[str]:
        unsent = self._completed[Kind.FAIL]
        if len(unsent):
            yield _name(unsent, "lost: the target took no connection, see its log")
        unanswered = self._completed[Kind.INFO].minus(self._cut_off(facts))
        if len(unanswered):
            yield _name(unanswered, "sent, and no whole answer came: see the target's log")

    def _cut_off(self, facts: ColumnFacts) -> OperationSet:
        """Return the operations that a killed process explains: open in it, or waiting for it."""
        killed = [j.source for j in facts.journals if j.side is Side.SERVER and not j.closed]
        cut_off = OperationSet()
        for source in killed:
            entered, left = self._left.get(source, (OperationSet(), OperationSet()))
            cut_off.update(entered.minus(left))
        if killed:
            cut_off.update(self._completed[Kind.INFO].minus(self._entered))
        return cut_off

    def _doubts_of_target(self) -> Iterator[str]:
        unseen = self._completed[Kind.OK].minus(self._cached).minus(self._entered)
        if len(unseen):
            yield _name(
                unseen,
                "answered but noted by no target process: a journal of the target is missing, or what"
                " came back was the answer to something else",
            )
        unsent = self._entered.minus(self._invoked)
        if len(unsent):
            yield _name(unsent, "seen by the target but never sent: a journal of the client is missing")
        again = self._entries - len(self._entered)
        if again:
            yield f"{plural(again, 'request')} reached the target again: something between repeats them."


def _name(operations: OperationSet, what: str) -> str:
    number = len(operations)
    were = "was" if number == 1 else "were"
    named = name_few(operations.smallest(_NAMED), number)
    return f"{plural(number, 'operation')} {were} {what} ({named})."


def _doubts_of_black_box(facts: ColumnFacts) -> Iterator[str]:
    if not facts.black_box:
        yield (
            "The target recorded nothing from its inside, as only one that crosstalk hosts and whose "
            "contexts it knows does: accept that with --black-box."
        )


def _doubts_of_load_workers(facts: ColumnFacts) -> Iterator[str]:
    """Without an inside nothing else shows that a client's journal is missing."""
    journals = sum(journal.side is Side.CLIENT for journal in facts.journals)
    if 0 < journals < facts.load_workers:
        yield (
            f"{facts.load_workers} load workers sent operations, and {plural(journals, 'journal')} of theirs "
            "can be found: what the others recorded is missing."
        )


def _doubts_of_journal(journal: JournalFacts) -> Iterator[str]:
    if journal.problem:
        yield journal.problem
    if journal.lost:
        yield (
            f"Journal {journal.source} had no room for {plural(journal.lost, 'record')}: free some disk "
            "or raise --disk-max-mb."
        )
    if journal.gaps:
        yield f"Journal {journal.source} has {plural(journal.gaps, 'gap')} that no kill explains."
    if journal.side is Side.CLIENT and not journal.closed and not journal.problem:
        yield f"Journal {journal.source} was not closed: its load worker was killed."


def start(law: Law) -> Fold:
    """Return the fold of ACCOUNTING."""
    return Accounting(law)
