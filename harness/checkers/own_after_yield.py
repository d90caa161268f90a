"""I1: request, g and app are the operation's own, at every checkpoint and after every yield.

Inside, every record of the cycle and of a probe's looks says what was current. `request` and `g`
hold the operation's own canary or nothing; where the table ``steps.ACTIVE`` says that a context is
active, nothing is a loss. The other way round is not judged here: a nested app context goes
through its steps while the request around it stays current.

Outside, what the view read before and after its yield came back to the client.
"""

from __future__ import annotations

from harness.history.canary import ABSENT
from harness.history.layout import App, Callback, Field, Kind, Look
from harness.history.steps import ACTIVE, Step

from .both_sides import BothSides, Flag
from .checkpoints import STEP_KINDS, Bools, code_of, table_of
from .fold import Fold, Law
from .view import View

FIELDS = (
    Field.PATH,
    Field.QUERY,
    Field.FORM,
    Field.JSON,
    Field.HEADER,
    Field.COOKIE,
    Field.REMOTE_ADDR,
    Field.G,
    Field.NESTED_G,
    Field.ERROR,
    Field.JOB_REQUEST,
)

#: Looks inside a view, or inside a job that was given a copy of its context. Those inside a stream
#: are I5's, those around a job I0's.
_LOOKS = (Look.VIEW_BEFORE_YIELD, Look.VIEW_AFTER_YIELD, Look.NESTED_APP_CONTEXT, Look.JOB)
#: Callbacks that run while the request is current.
_REQUEST_CALLBACKS = (
    Callback.TEARDOWN_REQUEST_FIRST,
    Callback.TEARDOWN_REQUEST_LAST,
    Callback.REQUEST_TEARING_DOWN,
    Callback.AFTER_THIS_REQUEST,
)
_INSIDE = table_of(
    [code_of(kind, step) for kind in STEP_KINDS for step in Step]
    + [code_of(Kind.LOOK, look) for look in _LOOKS]
    + [code_of(Kind.TEARDOWN, callback) for callback in Callback]
    + [code_of(Kind.YIELD)]  # in an application's own code
)
#: Flask 3.2 unbinds `request` inside app.app_context(), 3.1 keeps it: neither is a loss there.
_NEEDS_REQUEST = table_of(
    [code_of(kind, step) for kind in STEP_KINDS for step in Step if ACTIVE[step].request]
    + [code_of(Kind.LOOK, look) for look in _LOOKS if look is not Look.NESTED_APP_CONTEXT]
    + [code_of(Kind.TEARDOWN, callback) for callback in _REQUEST_CALLBACKS]
)
_NEEDS_APP = table_of(
    [code_of(kind, step) for kind in STEP_KINDS for step in Step if ACTIVE[step].app]
    + [code_of(Kind.LOOK, look) for look in _LOOKS]
    + [code_of(Kind.TEARDOWN, callback) for callback in _REQUEST_CALLBACKS]
)


def look_inside(view: View, flag: Flag) -> int:
    """Compare what each record saw with the operation that the wrapper knows to run there."""
    inside = _INSIDE[view.code] & view.known
    _judge_request(view, inside & ~view.own_request, flag)
    flag(view, inside & (view.g != ABSENT) & (view.g != view.op), "foreign-g")
    homeless = inside & (view.app != App.TARGET) & _NEEDS_APP[view.code]
    flag(view, homeless & (view.app == App.OTHER), "foreign-app")
    flag(view, homeless & (view.app == App.NONE), "lost-app")
    return int(inside.sum())


def _judge_request(view: View, not_own: Bools, flag: Flag) -> None:
    absent = view.request == ABSENT
    flag(view, not_own & ~absent, "foreign-request")
    flag(view, not_own & absent & _NEEDS_REQUEST[view.code], "lost-request")


def start(law: Law) -> Fold:
    """Return the fold of I1."""
    return BothSides(law, FIELDS, look_inside)
