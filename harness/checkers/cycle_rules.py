"""Whether one operation's steps fit the automaton; a pure function of its shape."""

from __future__ import annotations

from dataclasses import dataclass

from harness.history.layout import Kind
from harness.history.scenarios import Scenario
from harness.history.steps import APP_CONTEXT_STEPS, POPS, PUSHES, Step

from .automaton import LAST, following
from .sentences import join_and
from .shapes import Alphabet, Breach, ShapeRow

#: Only a push or pop that changes a count between 0 and 1 is of kind PUSH or POP; those of kind
#: STEP repeat one (Flask allows it) and are no part of a context's order.
ALPHABET = Alphabet(
    (Kind.ENTER, None),
    (Kind.RETURN, None),
    (Kind.LEFT, None),
    (Kind.EXIT, None),
    *((Kind.PUSH, step) for step in sorted(PUSHES)),
    *((Kind.POP, step) for step in sorted(POPS)),
    *((Kind.STEP, step) for step in Step),
)
#: The signals that follow a repeated push or pop in Flask 3.1.3.
_ECHOES = {
    Step.APP_CONTEXT_PUSH: Step.APPCONTEXT_PUSHED,
    Step.APP_CONTEXT_POP: Step.APPCONTEXT_POPPED,
}
_WAYS_OUT = frozenset({Step.HANDLE_USER_EXCEPTION, Step.HANDLE_EXCEPTION, Step.TEARDOWN_REQUEST})
#: Wrapper's record -> what of the wrapper's may come next, besides the steps of the cycle.
_FRAME: dict[Kind, frozenset[Kind]] = {
    Kind.ENTER: frozenset({Kind.RETURN, Kind.LEFT, Kind.EXIT}),
    Kind.RETURN: frozenset({Kind.LEFT, Kind.EXIT}),
    Kind.LEFT: frozenset({Kind.RETURN, Kind.LEFT, Kind.EXIT}),  # again as the body is closed
    Kind.EXIT: frozenset(),
}


@dataclass(slots=True)
class _Context:
    """One context on its way."""

    step: Step
    at: int  # the row of that step
    again: bool = False  # the operation had a request context before
    failed: bool = False  # HANDLE_EXCEPTION came
    echo: Step | None = None  # the signal of a repeated push or pop, still to come
    visited: bool = False  # it is of an application of a user's

    def following(self) -> frozenset[Step]:
        """Return what may come next."""
        return following(self.step, failed=self.failed, again=self.again, visited=self.visited)


class _Walk:
    """Walks through one operation's records; stops at the first that does not fit."""

    def __init__(self, *, visited: bool) -> None:
        self.visited = visited  # it is of an application of a user's
        self.contexts: dict[int, _Context] = {}  # by activation, in the order of their pushes
        self.frame = Kind.ENTER
        self.framed_at = 0
        self.left = False
        #: None before the first request context; then where it went to its teardown too early.
        self.cut_short: tuple[()] | tuple[int, int] | None = None

    def walk(self, rows: list[ShapeRow]) -> Breach | None:
        """Return the first breach; None if every record fits and every context came to its end."""
        for at, row, kind, point in ALPHABET.read(rows):
            if kind is Kind.ENTER:
                continue  # a group starts with its only one
            breach = (
                self._framed(at, kind)
                if kind in _FRAME
                else self._step(at, kind, Step(point), row.activation)
            )
            if breach:
                return breach
        return self._ended(len(rows) - 1)

    def _framed(self, at: int, kind: Kind) -> Breach | None:
        if kind not in _FRAME[self.frame]:
            name = kind.name.lower()
            return Breach(
                "illegal-frame",
                f"{{op}} came to {name} after {self.frame.name.lower()}.",
                (self.framed_at, at),
                name,
            )
        self.frame, self.framed_at = kind, at
        self.left |= kind is Kind.LEFT
        return None

    def _step(self, at: int, kind: Kind, step: Step, activation: int) -> Breach | None:
        context = self.contexts.get(activation)
        if kind is Kind.PUSH:
            return self._pushed(at, step, activation, context)
        if context is None:
            return Breach(
                "unpushed-step",
                f"{{op}} came to {step.label} of a context that it had not pushed.",
                (at,),
                step.label,
            )
        if kind is Kind.STEP and step in (*PUSHES, *POPS):
            context.echo = _ECHOES.get(step)
            return None
        if context.echo is step:
            context.echo = None
            return None
        return self._advance(at, step, context) or self._under(at, step, activation)

    def _pushed(self, at: int, step: Step, activation: int, context: _Context | None) -> Breach | None:
        if context is not None and context.step not in LAST:
            return _illegal(context, at, step)
        self.contexts.pop(activation, None)
        self.contexts[activation] = _Context(step, at, again=self.cut_short is not None, visited=self.visited)
        if step is Step.REQUEST_CONTEXT_PUSH and self.cut_short is None:
            self.cut_short = ()
        return None

    def _advance(self, at: int, step: Step, context: _Context) -> Breach | None:
        if step not in context.following():
            return _illegal(context, at, step)
        if step is Step.TEARDOWN_REQUEST and context.step is not Step.START_RESPONSE and not context.again:
            self.cut_short = (context.at, at)
        context.failed |= step is Step.HANDLE_EXCEPTION
        context.step, context.at = step, at
        return None

    def _under(self, at: int, step: Step, activation: int) -> Breach | None:
        """Return the breach if an app context ends below a request context that is still there."""
        if step is not Step.TEARDOWN_APPCONTEXT:
            return None
        below = True
        for number, context in self.contexts.items():
            if number == activation:
                below = False
            elif not below and context.step not in APP_CONTEXT_STEPS and context.step not in LAST:
                return Breach(
                    "ended-below",
                    f"{{op}} came to {step.label} while the request context pushed on it was still "
                    f"at {context.step.label}.",
                    (context.at, at),
                    step.label,
                )
        return None

    def _ended(self, last: int) -> Breach | None:
        for context in self.contexts.values():
            if context.step not in LAST:
                return Breach(
                    "unfinished-cycle",
                    f"{{op}} left the target, but one of its contexts got no further than "
                    f"{context.step.label}.",
                    (context.at, last),
                    context.step.label,
                )
        if self.cut_short and not self.left:
            return Breach(
                "swallowed-exception",
                "{op} went to its teardown before start_response, as when an exception passes, but none "
                "left the app.",
                self.cut_short,
                Step.TEARDOWN_REQUEST.label,
            )
        if self.frame is not Kind.EXIT:
            return Breach(
                "never-left",
                "{op} never left the target: its body was not closed, or it came in again.",
                (0, last) if last else (0,),
                "exit",
            )
        return None


def _illegal(context: _Context, at: int, step: Step) -> Breach:
    due = sorted(following(context.step, failed=context.failed, again=context.again))
    # An error's way out may follow nearly anything: it is what was due only where nothing else is.
    named = [each.label for each in due if each not in _WAYS_OUT] or [each.label for each in due]
    was_due = f"{join_and(named, 'or')} was due" if named else "nothing more was due"
    return Breach(
        "illegal-step",
        f"{{op}} went from {context.step.label} to {step.label}; {was_due}.",
        (context.at, at),
        step.label,
    )


def judge_cycle(rows: list[ShapeRow]) -> Breach | None:
    """Return the first breach of a whole operation, or None."""
    enter, *_ = rows
    return _Walk(visited=enter.detail == Scenario.VISIT).walk(rows)


def judge_stray(rows: list[ShapeRow]) -> tuple[Breach, ...]:
    """Return a breach for each step of an operation that is not in the target."""
    return tuple(
        Breach(
            "step-after-exit",
            f"{{op}} came to {Step(point).label} when it was not in the target.",
            (at,),
            Step(point).label,
        )
        for at, _, kind, point in ALPHABET.read(rows)
        if kind not in _FRAME
    )
