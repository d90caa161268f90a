"""I10: requests and contexts do not outlive their request.

When a process of the target has stopped serving in order, a census counts the request contexts, app
contexts and Request objects of its operations that are still there: as they are, and again after the
garbage collector has run. What only the collector frees is in a cycle; what it does not free is kept,
and what refers to that is told. The last operation of each thread and greenlet that still exists is not
looked at: a server's frame may hold it until the next one comes.

A process that was killed, or had a request inside when it ended, takes no census and is left out; without
any the law reads "not looked at". What the collector freed during the run is not found: a cycle shows
only in what was there since its last round.
"""

from __future__ import annotations

from functools import partial

from harness.history.canary import name_canary
from harness.history.facts import ColumnFacts
from harness.history.layout import Freed, Holder, Kind, Remains, Side
from harness.verdict import Result, Violation

from .fold import Fold, Law, Looked, conclude
from .tally import Tally
from .view import View

_ANOMALIES = {
    Freed.BY_COLLECTOR: (
        "left-to-collector",
        "The {what} of {op} outlived it in a cycle: only the garbage collector frees it.",
    ),
    Freed.NEVER: (
        "never-freed",
        (
            "The {what} of {op} was still there after the last request and a run of the garbage "
            "collector: {holder} refers to it."
        ),
    ),
}
#: What refers to it, in words.
_HOLDERS = {
    Holder.UNKNOWN: "something",
    Holder.CLOSURE: "a function's closure",
    Holder.FRAME: "a frame, such as a traceback's,",
    Holder.GENERATOR: "a generator",
    Holder.CONTEXT_VARIABLE: "a context variable",
    Holder.DICT: "a dict",
    Holder.SEQUENCE: "a list, tuple or set",
    Holder.OBJECT: "another object",
    Holder.KEPT_CONTEXT: "a context that is kept itself",
}
_HOLDERS_KNOWN = frozenset(Holder)


class Census:
    """Reads what each process counted when it had stopped serving."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._tally = Tally()
        self._looked = 0
        self._processes = 0
        self._objects = 0

    def feed(self, view: View) -> None:
        """Take in a batch; only the target's matters."""
        if view.side is not Side.SERVER:
            return
        mine = view.kind == Kind.CENSUS
        if not mine.any():
            return
        self._looked += int(mine.sum())
        summaries = mine & (view.point == Remains.SUMMARY)
        self._processes += int(summaries.sum())
        self._objects += int(view.value[summaries].sum())
        for freed, (anomaly, _) in _ANOMALIES.items():
            flagged = mine & ~summaries & (view.column("detail") == freed)
            self._tally.rows(view, flagged, anomaly, partial(self._violation, view))

    def _violation(self, view: View, row: int) -> Violation:
        event = view.event(row)
        operation = event["op"]
        anomaly, sentence = _ANOMALIES[Freed(event["detail"])]
        what = Remains(event["point"]).name.lower().replace("_", " ")
        entered = view.owner(operation, row)
        return Violation(
            self._law.id,
            anomaly,
            sentence.format(what=what, op=name_canary(operation), holder=_say_holder(event["value"])),
            (event,) if entered is None else (entered, event),
            (operation,),
            "census",
        )

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge."""
        counts = {"processes": self._processes, "objects": self._objects}
        return conclude(
            self._law, facts, Looked(server=self._looked), self._tally.close(facts), counts=counts
        )


def _say_holder(number: int) -> str:
    """Return what refers to an object; a record of another version may know others."""
    return _HOLDERS[Holder(number) if number in _HOLDERS_KNOWN else Holder.UNKNOWN]


def start(law: Law) -> Fold:
    """Return the fold of I10."""
    return Census(law)
