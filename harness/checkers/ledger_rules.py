"""What the ledger says of one operation's shape; a pure function, and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.history.layout import TEARDOWNS, Callback, Kind, Outcome
from harness.history.scenarios import LEGAL, PROBED, Legal, Scenario
from harness.history.steps import Step

from .sentences import join_and
from .shapes import Alphabet, Breach, ShapeRow

Hooks: TypeAlias = npt.NDArray[np.int64]

#: Added to an outcome whose exception carries another operation's canary.
FOREIGN = 0x80

_PUSHES = {Step.APP_CONTEXT_PUSH: "app", Step.REQUEST_CONTEXT_PUSH: "request"}
_POPS = {Step.APP_CONTEXT_POP: "app", Step.REQUEST_CONTEXT_POP: "request"}
#: Context -> the callbacks that run once while it is active, in a sentence's order.
CALLBACKS = {
    "request": (
        Callback.TEARDOWN_REQUEST_FIRST,
        Callback.TEARDOWN_REQUEST_LAST,
        Callback.REQUEST_TEARING_DOWN,
    ),
    "app": (
        Callback.TEARDOWN_APPCONTEXT_FIRST,
        Callback.TEARDOWN_APPCONTEXT_LAST,
        Callback.APPCONTEXT_TEARING_DOWN,
        Callback.APPCONTEXT_POPPED,
    ),
}
#: The one callback that follows its context's pop. Nothing, or the context around it, is current
#: then, so that it is attributed by order and not by the activation it saw.
_AFTER_POP = Callback.APPCONTEXT_POPPED
_CONTEXT_OF = {callback: context for context, own in CALLBACKS.items() for callback in own}
#: Need not run; those that run, run once.
_CONTEXT_OF[Callback.AFTER_THIS_REQUEST] = "request"
#: The only callbacks that are given an exception.
_GIVEN_EXCEPTION = TEARDOWNS - {Callback.APPCONTEXT_POPPED}

#: By number: a journal holds no members of an enumeration. What a visit to somebody's application may raise,
#: and whether its body streams, nobody knows.
_LEGAL: dict[int, Legal] = {int(scenario): LEGAL[scenario] for scenario in PROBED}

ALPHABET = Alphabet(
    (Kind.ENTER, None),
    (Kind.EXIT, None),
    (Kind.LEFT, None),
    (Kind.RETURN, None),
    (Kind.CHUNK, None),
    *((Kind.PUSH, step) for step in _PUSHES),
    *((Kind.POP, step) for step in _POPS),
    *((Kind.TEARDOWN, callback) for callback in Callback),
)


#: What is counted of each callback: activations it had to run for, those for which it never did, and
#: those for which it ran again.
_COUNTED = 3


class Account(NamedTuple):
    """The audit of one shape; ``hooks`` has a row for each callback, its columns as _COUNTED says."""

    activations: int
    breaches: tuple[Breach, ...]
    hooks: Hooks


def no_hooks() -> Hooks:
    """Return an empty count of callbacks."""
    return np.zeros((len(Callback), _COUNTED), np.int64)


@dataclass(slots=True)
class _Activation:
    """One activation, as far as it was seen."""

    context: str
    pushed: int
    outermost: bool
    popped: int | None = None
    late: bool = False
    ran: dict[Callback, int] = field(default_factory=dict)
    before: dict[Callback, int] = field(default_factory=dict)  # in an earlier activation of the same context
    again: set[Callback] = field(default_factory=set)


class _Audit:
    """Walks through one operation's records."""

    def __init__(self, legal: Legal | None, *, visited: bool) -> None:
        self.legal = legal  # None: a scenario this version does not know
        self.visited = visited  # it is of an application of a user's
        self.active: dict[int, _Activation] = {}
        self.ended: dict[int, _Activation] = {}
        self.done: list[_Activation] = []
        self.returned: int | None = None
        self.early = False

    def walk(self, rows: list[ShapeRow]) -> Iterator[Breach]:
        """Yield the breaches in the order they show."""
        handlers = {
            Kind.PUSH: self._push,
            Kind.POP: self._pop,
            Kind.TEARDOWN: self._callback,
            Kind.CHUNK: self._chunk,
            Kind.RETURN: self._leave,
            Kind.LEFT: self._leave,
        }
        for at, row, kind, point in ALPHABET.read(rows):
            if kind in handlers:
                yield from handlers[kind](at, row, point)
        last = len(rows) - 1
        for one in self.active.values():
            yield self._unfinished(one, last)
        for one in self.done:
            yield from self._missing(one)

    def _leave(self, at: int, row: ShapeRow, _point: int) -> Iterator[Breach]:
        if self.returned is None:
            self.returned = at
        if row.detail & FOREIGN:
            yield Breach(
                "foreign-exception", "{op} left the app with the exception of {other}.", (at,), "left"
            )

    def _push(self, at: int, row: ShapeRow, point: int) -> Iterator[Breach]:
        context = _PUSHES[Step(point)]
        held = self.active.get(row.activation)
        if held is not None:
            yield Breach(
                "pushed-twice",
                f"the {context} context of {{op}} was activated again before it was popped.",
                (held.pushed, at),
                f"{context}_context_push",
            )
            return
        outermost = all(one.context != context for one in self.active.values())
        # Flask activates a context again for a stream, and tears it down again: there its number stays.
        earlier = self.ended.get(row.activation) if self.visited else None
        before = {} if earlier is None else {**earlier.before, **earlier.ran}
        self.active[row.activation] = _Activation(context, at, outermost, before=before)

    def _pop(self, at: int, row: ShapeRow, point: int) -> Iterator[Breach]:
        context = _POPS[Step(point)]
        held = self.active.pop(row.activation, None)
        if held is None:
            yield Breach(
                "unpushed-pop",
                f"the {context} context that {{op}} popped was not active in it.",
                (at,),
                f"{context}_context_pop",
            )
            return
        held.popped = at
        self.ended[row.activation] = held
        self.done.append(held)

    def _callback(self, at: int, row: ShapeRow, point: int) -> Iterator[Breach]:
        callback = Callback(point)
        name = callback.name.lower()
        one = self._activation_of(row, callback)
        if one is None or one.context != _CONTEXT_OF[callback]:
            yield Breach(
                "unpushed-teardown",
                f"{name} ran in {{op}} for a context that was not active in it.",
                (at,),
                name,
            )
            return
        earlier = one.ran.get(callback, one.before.get(callback))
        if earlier is not None:
            one.again.add(callback)
            yield _repeated(callback, one.context, (earlier, at))
            if callback in one.ran:
                return
        one.ran[callback] = at
        yield from self._exception(at, row, callback, one)
        if self.returned is not None and self.legal and not self.legal.streams and not one.late:
            one.late = True
            yield Breach(
                "late-teardown",
                f"{name} ran in {{op}} after wsgi_app was over, although its body does not stream.",
                (self.returned, at),
                name,
            )

    def _activation_of(self, row: ShapeRow, callback: Callback) -> _Activation | None:
        if callback is not _AFTER_POP:
            return self.active.get(row.activation)
        waiting = [one for one in self.done if one.context == "app" and callback not in one.ran]
        popped = [one for one in self.done if one.context == "app"]
        candidates = waiting or popped
        return candidates[-1] if candidates else None

    def _exception(self, at: int, row: ShapeRow, callback: Callback, one: _Activation) -> Iterator[Breach]:
        name = callback.name.lower()
        if row.detail & FOREIGN:
            yield Breach(
                "foreign-exception", f"{name} of {{op}} was given the exception of {{other}}.", (at,), name
            )
        outcome = Outcome(row.detail & ~FOREIGN)
        if self.legal is None or callback not in _GIVEN_EXCEPTION:
            return
        legal = _legal_outcomes(self.legal, one)
        if outcome not in legal:
            due = " or ".join(_spell(each) for each in legal)
            yield Breach(
                "wrong-exception",
                f"{name} of {{op}} was given {_spell(outcome)}, where {due} was due.",
                (at,),
                name,
            )

    def _chunk(self, at: int, _row: ShapeRow, _point: int) -> Iterator[Breach]:
        if self.legal is None or not self.legal.streams or self.early:
            return
        early = [
            run for one in (*self.done, *self.active.values()) if one.outermost for run in one.ran.values()
        ]
        if early:
            self.early = True
            yield Breach(
                "early-teardown",
                "the body of {op} yielded a chunk after the teardown of its context had begun.",
                (min(early), at),
                "chunk",
            )

    @staticmethod
    def _unfinished(one: _Activation, last: int) -> Breach:
        return Breach(
            "never-popped",
            f"the {one.context} context of {{op}} was never popped.",
            (one.pushed, last),
            f"{one.context}_context_pop",
        )

    @staticmethod
    def _missing(one: _Activation) -> Iterator[Breach]:
        missing = [callback.name.lower() for callback in CALLBACKS[one.context] if callback not in one.ran]
        if missing and one.popped is not None:
            yield Breach(
                "missing-teardown",
                f"the {one.context} context of {{op}} was popped, but {join_and(missing)} never ran for it.",
                (one.pushed, one.popped),
                missing[0],
            )


def _repeated(callback: Callback, context: str, rows: tuple[int, int]) -> Breach:
    name = callback.name.lower()
    if callback is Callback.AFTER_THIS_REQUEST:
        return Breach(
            "repeated-callback",
            f"the functions of {name} ran again for the same request of {{op}}.",
            rows,
            name,
        )
    return Breach(
        "repeated-teardown", f"{name} ran again for the same {context} context of {{op}}.", rows, name
    )


def _legal_outcomes(legal: Legal, one: _Activation) -> tuple[Outcome, ...]:
    """Return what a callback may be given: what the scenario says, and what is never wrong.

    A nested context may be over before the error; a client may leave any stream before its end.
    """
    outcomes = list(legal.outcomes)
    if legal.streams:
        outcomes.append(Outcome.GENERATOR_EXIT)
    if not one.outermost:
        outcomes.append(Outcome.NONE)
    return tuple(dict.fromkeys(outcomes))


def _spell(outcome: Outcome) -> str:
    return "no exception" if outcome is Outcome.NONE else f"an exception of class {outcome.name.lower()}"


def audit(rows: list[ShapeRow]) -> Account:
    """Return the audit of a whole operation, from its ENTER to its EXIT or the end of its journal."""
    enter, *_ = rows
    walk = _Audit(_LEGAL.get(enter.detail), visited=enter.detail == Scenario.VISIT)
    breaches = tuple(walk.walk(rows))
    activations = [*walk.active.values(), *walk.done]
    return Account(len(activations), breaches, _count_hooks(activations))


def _count_hooks(activations: list[_Activation]) -> Hooks:
    hooks = no_hooks()
    for one in activations:
        for callback in CALLBACKS[one.context]:
            hooks[callback - 1] += (1, callback not in one.ran, callback in one.again)
    return hooks


def audit_stray(rows: list[ShapeRow]) -> tuple[Breach, ...]:
    """Return the breaches of records whose operation had left the target, or never entered it."""
    return tuple(
        Breach(
            "teardown-after-exit",
            f"{Callback(point).name.lower()} ran for {{op}} when it was not in the target.",
            (at,),
            Callback(point).name.lower(),
        )
        for at, _, kind, point in ALPHABET.read(rows)
        if kind is Kind.TEARDOWN
    )
