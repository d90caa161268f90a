"""The quick looks of :mod:`harness.inside.recording`, for Flask's contexts.

The rule this file guards is that file's: *one flat function per event.* It differs in three things: whose `g`
and session are is what :mod:`.contexts` has left on their context, not a canary in them (Flask 3.1 marks a
session as read when it is asked for); several applications may be the target, behind a dispatcher; and a
context that is activated again keeps its number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.history.canary import ABSENT, UNMARKED
from harness.history.layout import App
from harness.inside.locality import Here
from harness.inside.recording import Event, Looked, Record, SlowPath, StepHook, Ways
from harness.inside.rows import ABSENT_WORD, APP_POP_STEP, PUSH_STEPS, RECORD, RowTriple, word
from harness.inside.sight import OP_KEY, Sight
from harness.target import Contexts


def _make_step_hook(slow: SlowPath, looked: Looked) -> StepHook:
    contexts, apps, lane, locality, _ = looked
    greenlets, getcurrent, local = locality.greenlets, locality.getcurrent, locality.local
    request_var, app_var = contexts.request_var, contexts.app_var
    pack_into, absent, repair_step = RECORD.pack_into, ABSENT_WORD, slow.repair_step
    turn = _make_turn(looked, slow)
    observed = _as_set(apps)

    def step_hook(step: str, context: Any) -> None:
        commit = 0
        try:
            here = getcurrent().crosstalk_here if greenlets else local.here
            held = request_var.get(None)
            if held is None:
                request, session = absent, 0
            else:
                request, session = held.request.environ["crosstalk.word"], held.crosstalk_session
            held = app_var.get(None)
            if held is None:
                row, g = here.without[step], 0
            else:
                row = (here.target if held.app in observed else here.other)[step]
                g = held.crosstalk_g
            if row is None:
                row, activation = turn(here, held, step, context)
            else:
                activation = context.crosstalk_activation
            t, offset, commit = next(lane.ticks)
            pack_into(
                lane.buffer, offset, t, here.op, request, session, g, here.tail, activation, row, commit
            )
        except Exception:
            repair_step(commit, step, context)

    return step_hook


def _make_record(slow: SlowPath, looked: Looked) -> Record:
    contexts, apps, lane, _, _ = looked
    request_var, app_var = contexts.request_var, contexts.app_var
    pack_into, absent, repair = RECORD.pack_into, ABSENT_WORD, slow.repair
    observed = _as_set(apps)

    def record(here: Here, rows: RowTriple, tail: bytes, activation: int) -> None:
        commit = 0
        try:
            held = request_var.get(None)
            if held is None:
                request, session = absent, 0
            else:
                request, session = held.request.environ["crosstalk.word"], held.crosstalk_session
            held = app_var.get(None)
            if held is None:
                row, g = rows[0], 0
            else:
                row = rows[1] if held.app in observed else rows[2]
                g = held.crosstalk_g
            t, offset, commit = next(lane.ticks)
            pack_into(lane.buffer, offset, t, here.op, request, session, g, tail, activation, row, commit)
        except Exception:
            repair(commit, here, Event(rows, tail, activation))

    return record


def _make_turn(looked: Looked, slow: SlowPath) -> Callable[[Here, Any, str, Any], tuple[bytes, int]]:
    """Return the function that gives the row and activation of a push or a pop."""
    activations, observed, pushed = looked.activations, _as_set(looked.app), slow.pushed

    def turn(here: Here, held: Any, step: str, context: Any) -> tuple[bytes, int]:
        if step in PUSH_STEPS:
            if context.crosstalk_activation == 0:
                context.crosstalk_activation = next(activations)
                if pushed is not None:
                    pushed(here, step, context)
        elif step == APP_POP_STEP:
            here.popped = context.crosstalk_activation
        code = 0 if held is None else 1 if held.app in observed else 2
        return here.threes[step][code], context.crosstalk_activation

    return turn


def _look(contexts: Contexts, apps: Any) -> Sight:
    """Look at everything with care; never raises."""
    request_context = contexts.request_var.get(None)
    app_context = contexts.app_var.get(None)
    request = session = g = ABSENT
    app = App.NONE
    observed = _as_set(apps)
    # Of an application that is not observed nothing is known, and nothing is said.
    if request_context is not None and getattr(request_context, "app", None) in observed:
        environ = getattr(getattr(request_context, "request", None), "environ", {})
        request = word(environ.get(OP_KEY, UNMARKED))
        session = word(getattr(request_context, "crosstalk_session", ABSENT))
    if app_context is not None:
        app = App.TARGET if getattr(app_context, "app", None) in observed else App.OTHER
        g = word(getattr(app_context, "crosstalk_g", UNMARKED)) if app is App.TARGET else ABSENT
    return Sight(request, session, g, app)


def _as_set(apps: object) -> frozenset[Any]:
    return apps if isinstance(apps, frozenset) else frozenset((apps,))


#: How an observer looks at Flask.
FLASK_WAYS = Ways(_make_step_hook, _make_record, _look)
