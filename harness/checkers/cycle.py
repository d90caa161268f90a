"""CYCLE: the steps of every operation fit the automaton of the request cycle.

The automaton is ``automaton.py``, its tables the paths of docs/cycle.md. Only the first step that
does not fit is told: what follows it proves nothing more.
"""

from __future__ import annotations

from functools import partial

from harness.history.canary import name_canary
from harness.history.facts import ColumnFacts
from harness.history.layout import Kind, Side
from harness.verdict import Result, Violation

from .assembly import Assembly, Groups
from .cycle_rules import ALPHABET, judge_cycle, judge_stray
from .fold import Fold, Law, Looked, conclude
from .sentences import capital
from .shapes import Breach, Shaped, Shapes
from .tally import Tally
from .view import View

_KINDS = (Kind.STEP, Kind.PUSH, Kind.POP, Kind.RETURN, Kind.LEFT)
#: Each is proved by what is missing between two records, or at the end.
_ABSENCES = frozenset(
    {
        "illegal-step",
        "illegal-frame",
        "unpushed-step",
        "ended-below",
        "unfinished-cycle",
        "swallowed-exception",
        "never-left",
        "step-after-exit",
    }
)


class Cycle:
    """Runs every operation through the automaton as soon as it has left the target."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._tally = Tally(_ABSENCES)
        self._assembly = Assembly(_KINDS)
        self._shapes = Shapes(judge_cycle)
        self._strays = Shapes(judge_stray)
        self._looked = 0
        self._operations = 0

    def feed(self, view: View) -> None:
        """Take in a batch; only the target's matters."""
        if view.side is not Side.SERVER:
            return
        done = self._assembly.feed(view)
        self._looked += int(((view.kind >= Kind.STEP) & (view.kind <= Kind.POP)).sum())
        self._judge(done.whole)
        for start, breaches in self._strays.judge(done.strays, _shaped(done.strays)):
            for breach in breaches:
                self._report(done.strays, start, breach)

    def _judge(self, groups: Groups) -> None:
        self._operations += len(groups.starts)
        for start, breach in self._shapes.judge(groups, _shaped(groups)):
            if breach is not None:
                self._report(groups, start, breach)

    def _report(self, groups: Groups, start: int, breach: Breach) -> None:
        number = int(groups.numbers[start + breach.rows[-1]])
        operation = int(groups.columns.op[start])
        build = partial(self._violation, groups, start, breach)
        self._tally.add(groups.source.source, number, operation, breach.anomaly, build)

    def _violation(self, groups: Groups, start: int, breach: Breach) -> Violation:
        events = tuple(groups.event(start + row) for row in breach.rows)
        operation = events[-1]["op"]
        sentence = capital(breach.sentence.format(op=name_canary(operation)))
        return Violation(self._law.id, breach.anomaly, sentence, events, (operation,), breach.checkpoint)

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge what was left open; what was cut off is listed, and blamed on none."""
        cut_off: list[int] = []
        for ended, cut in self._assembly.rest(facts):
            self._judge(ended)
            cut_off += cut.columns.op[cut.starts].tolist()
        return conclude(
            self._law,
            facts,
            Looked(server=self._looked),
            self._tally.close(facts),
            counts={"operations": self._operations, "cut_off": len(cut_off)},
            doubts=self._assembly.doubts("to judge the cycle"),
            cut_off=tuple(cut_off),
        )


def _shaped(groups: Groups) -> Shaped:
    columns = groups.columns
    visited = columns.detail * (columns.kind == Kind.ENTER)
    return Shaped(ALPHABET.encode(columns.kind, columns.point), columns.activation, visited)


def start(law: Law) -> Fold:
    """Return the fold of CYCLE."""
    return Cycle(law)
