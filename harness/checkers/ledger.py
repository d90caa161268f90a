"""I6: for each activation of a context, every teardown callback runs exactly once.

The unit is the activation: from the push that takes a context's count from 0 to 1 to the pop that
takes it back (a whole request is too coarse: it may activate several contexts, and Flask 3.1.3
activates one twice for a stream). In between, each callback of the context's kind runs once, given
the operation's own exception or none; the signal ``appcontext_popped`` follows the pop. All of it
comes before wsgi_app returns, or, where the body streams with the context, after its last chunk.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from harness.history.canary import ABSENT, name_canary
from harness.history.facts import ColumnFacts
from harness.history.layout import Kind, Side
from harness.verdict import Result, Violation

from .assembly import Assembly, Groups
from .fold import Fold, Law, Looked, conclude
from .ledger_rules import ALPHABET, CALLBACKS, FOREIGN, audit, audit_stray, no_hooks
from .sentences import capital
from .shapes import Breach, Shaped, Shapes
from .tally import Tally
from .view import View

_KINDS = (Kind.PUSH, Kind.POP, Kind.TEARDOWN, Kind.LEFT, Kind.RETURN, Kind.CHUNK)
#: Proved by a record that is missing, or that only its missing ENTER makes a stray.
_ABSENCES = frozenset(
    {"missing-teardown", "never-popped", "unpushed-teardown", "unpushed-pop", "teardown-after-exit"}
)


#: What pushes a request's contexts again for a body that streams, and so tears them down again.
_TEARS_DOWN_TWICE = "Flask 3.1"
_KNOWN = " Flask 3.1 does so itself for a view that streams with stream_with_context: see docs/flask.md."


class Ledger:
    """Audits every operation's activations as soon as the operation has left the target."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._tally = Tally(_ABSENCES)
        self._assembly = Assembly(_KINDS)
        self._shapes = Shapes(audit)
        self._strays = Shapes(audit_stray)
        self._looked = 0
        self._activations = 0
        self._hooks = no_hooks()

    def feed(self, view: View) -> None:
        """Take in a batch; only the target's matters."""
        if view.side is not Side.SERVER:
            return
        done = self._assembly.feed(view)
        self._looked += int((view.kind == Kind.TEARDOWN).sum())
        self._audit(done.whole)
        for start, breaches in self._strays.judge(done.strays, _shaped(done.strays)):
            self._report(done.strays, start, breaches)

    def _audit(self, groups: Groups) -> None:
        for start, account in self._shapes.judge(groups, _shaped(groups)):
            self._activations += account.activations
            self._hooks += account.hooks
            if account.breaches:
                self._report(groups, start, account.breaches)

    def _report(self, groups: Groups, start: int, breaches: tuple[Breach, ...]) -> None:
        for breach in breaches:
            number = int(groups.numbers[start + breach.rows[-1]])
            operation = int(groups.columns.op[start])
            build = partial(self._violation, groups, start, breach)
            self._tally.add(groups.source.source, number, operation, breach.anomaly, build)

    def _violation(self, groups: Groups, start: int, breach: Breach) -> Violation:
        events = tuple(groups.event(start + row) for row in breach.rows)
        operation = events[-1]["op"]
        operations = [operation]
        other = events[-1]["value"]
        if "{other}" in breach.sentence:
            operations.append(other)
        sentence = breach.sentence.format(op=name_canary(operation), other=name_canary(other))
        return Violation(
            self._law.id, breach.anomaly, capital(sentence), events, tuple(operations), breach.checkpoint
        )

    def finish(self, facts: ColumnFacts) -> Result:
        """Audit what was left open; what was cut off is counted, and blamed on none."""
        cut_off: list[int] = []
        for ended, cut in self._assembly.rest(facts):
            self._audit(ended)
            cut_off += _with_open_contexts(cut)
        result = conclude(
            self._law,
            facts,
            Looked(server=self._looked),
            self._tally.close(facts),
            counts={"activations": self._activations, "cut_off": len(cut_off), **self._by_hook()},
            doubts=self._assembly.doubts("for the ledger to wait"),
            cut_off=tuple(cut_off),
        )
        told = tuple(_with_what_is_known(violation, facts) for violation in result.violations)
        return replace(result, violations=told)

    def _by_hook(self) -> dict[str, int]:
        """Return the activations of each context, and of each callback what went wrong with it.

        A callback ran once for each of its context's activations, less ``missing.<callback>``.
        """
        counts: dict[str, int] = {}
        for context, callbacks in CALLBACKS.items():
            for callback in callbacks:
                opened, missing, twice = self._hooks[callback - 1].tolist()
                counts[f"{context}_contexts"] = opened  # the same for each of them
                for what, number in (("missing", missing), ("twice", twice)):
                    if number:
                        counts[f"{what}.{callback.name.lower()}"] = number
        return counts


def _with_what_is_known(violation: Violation, facts: ColumnFacts) -> Violation:
    """Return it with what its reader would look for in their own hooks in vain."""
    if violation.anomaly != "repeated-teardown" or not facts.contexts.startswith(_TEARS_DOWN_TWICE):
        return violation
    return replace(violation, explanation=violation.explanation + _KNOWN)


def _shaped(groups: Groups) -> Shaped:
    columns = groups.columns
    kind = columns.kind
    excepted = (kind == Kind.TEARDOWN) | (kind == Kind.LEFT)
    foreign = excepted & (columns.value != ABSENT) & (columns.value != columns.op)
    kept = columns.detail * (excepted | (kind == Kind.ENTER))
    return Shaped(
        ALPHABET.encode(kind, columns.point),
        columns.activation,
        kept | foreign * np.uint8(FOREIGN),
    )


def _with_open_contexts(groups: Groups) -> list[int]:
    """Return the operations that had pushed more contexts than they popped."""
    if not len(groups.starts):
        return []
    kind = groups.columns.kind
    pushed = np.add.reduceat(kind == Kind.PUSH, groups.starts)
    popped = np.add.reduceat(kind == Kind.POP, groups.starts)
    return [int(op) for op in groups.columns.op[groups.starts[pushed > popped]]]


def start(law: Law) -> Fold:
    """Return the fold of I6."""
    return Ledger(law)
