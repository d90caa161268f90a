"""I1: request, g and app are the operation's own, at every checkpoint and after every yield.

Inside, every record of the cycle and of a probe's looks says what was current. `request` and `g`
hold the operation's own canary or nothing; where the table ``steps.ACTIVE`` says that a context is
active, nothing is a loss. The other way round is not judged here: a nested app context goes
through its steps while the request around it stays current.

Outside, what the view read before and after its yield came back to the client.
"""

from __future__ import annotations

from harness.history.canary import ABSENT
from harness.history.facts import ColumnFacts
from harness.history.layout import App, Callback, Field, Kind, Look, Side
from harness.history.steps import ACTIVE, Step
from harness.verdict import Result

from .checkpoints import STEP_KINDS, Bools, code_of, table_of
from .fields import FieldFold
from .fold import Fold, Law, Looked, conclude
from .sightings import flag
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
)

#: Looks inside a view. Those inside a stream are I5's.
_LOOKS = (Look.VIEW_BEFORE_YIELD, Look.VIEW_AFTER_YIELD, Look.NESTED_APP_CONTEXT)
#: Callbacks that run while the request is current.
_REQUEST_CALLBACKS = (
    Callback.TEARDOWN_REQUEST_FIRST,
    Callback.TEARDOWN_REQUEST_LAST,
    Callback.REQUEST_TEARING_DOWN,
)
_INSIDE = table_of(
    [code_of(kind, step) for kind in STEP_KINDS for step in Step]
    + [code_of(Kind.LOOK, look) for look in _LOOKS]
    + [code_of(Kind.TEARDOWN, callback) for callback in Callback]
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


class OwnAfterYield:
    """Compares what each record saw with the operation that the wrapper knows to run there."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._client = FieldFold(law, FIELDS)
        self._tally = self._client.tally
        self._looked = 0

    def feed(self, view: View) -> None:
        """Take in a batch of either side."""
        if view.side is Side.CLIENT:
            self._client.feed(view)
            return
        inside = _INSIDE[view.code] & view.known
        self._looked += int(inside.sum())
        own = inside & view.own_request
        self._judge_request(view, inside & ~own)
        self._flag(view, inside & (view.g != ABSENT) & (view.g != view.op), "foreign-g")
        homeless = inside & (view.app != App.TARGET) & _NEEDS_APP[view.code]
        self._flag(view, homeless & (view.app == App.OTHER), "foreign-app")
        self._flag(view, homeless & (view.app == App.NONE), "lost-app")

    def _judge_request(self, view: View, not_own: Bools) -> None:
        absent = view.request == ABSENT
        self._flag(view, not_own & ~absent, "foreign-request")
        self._flag(view, not_own & absent & _NEEDS_REQUEST[view.code], "lost-request")

    def _flag(self, view: View, flagged: Bools, anomaly: str) -> None:
        flag(self._tally, self._law.id, view, flagged, anomaly)

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge by both sides."""
        looked = Looked(self._looked, self._client.looked)
        return conclude(self._law, facts, looked, self._tally.close(facts))


def start(law: Law) -> Fold:
    """Return the fold of I1."""
    return OwnAfterYield(law)
