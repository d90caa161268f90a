"""EVIDENCE: enough happened for silence to be proof; the thresholds are a table, by worker model.

Threads and greenlets mix up contexts only when one is interrupted inside a request, so what counts
is how often that happened: two records in a row in one journal that belong to different operations,
the first of which has not left the target. That requests overlap on the clock says nothing under
the GIL. Processes share nothing but what they were given, so what counts is that several served
enough, for several clients, and one session between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from harness.history.facts import ColumnFacts
from harness.history.layout import Kind, Side
from harness.verdict import Result, Verdict

from .fold import Fold, Law
from .operation_set import OperationSet
from .sentences import join_and
from .view import U64, View

#: A canary's worker and client, without its kind and number.
_CLIENT_SHIFT = np.uint64(32)
_CLIENT_MASK = np.uint64(0xFFFFFFF)
#: Operations and clients that make a process count.
PROCESS_OPERATIONS = 100
PROCESS_CLIENTS = 2


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a column of these models must have seen before silence counts as proof."""

    models: tuple[str, ...]
    measure: str  # its name in Result.facts; the threshold's is the same with "_needed"
    needed: int
    what: str  # in a sentence, after a number
    advice: str


_MORE = "run longer, with more users or more operations"
#: Stands for the model of a target that recorded nothing: only its answers can be counted.
BLACK_BOX = "black-box"
#: Before the model of a user's own application: what it must have shown is a row of its own.
APP = "app-"
APPS = tuple(f"{APP}{model}" for model in ("thread", "greenlet", "process"))
SWITCHES = "switches_inside_requests"

THRESHOLDS: tuple[Threshold, ...] = (
    Threshold(
        ("thread", "greenlet"),
        SWITCHES,
        1000,
        "switches inside requests",
        f"{_MORE}, or with yields on",
    ),
    Threshold(
        ("process",),
        "processes_with_100_operations_of_2_clients",
        2,
        f"processes that served {PROCESS_OPERATIONS} operations of {PROCESS_CLIENTS} clients",
        f"{_MORE}, with fresh connections, on several processes",
    ),
    Threshold(
        ("process",),
        "sessions_served_by_2_processes",
        1,
        "sessions served by two processes",
        f"{_MORE}, with operations in sessions over fresh connections",
    ),
    Threshold((BLACK_BOX,), "operations_answered", 500, "operations answered", _MORE),
    Threshold((BLACK_BOX, *APPS), "clients_answered", 2, "clients answered", "run with more users"),
    Threshold(
        APPS,
        "operations_answered_without_an_error",
        500,
        "operations answered without an error",
        f"{_MORE}, and see which routes answered",
    ),
    Threshold(
        (f"{APP}thread", f"{APP}greenlet"),
        SWITCHES,
        1000,
        "switches inside requests",
        "its code has few calls at which to let others run: run longer, with more users, or with yields on",
    ),
    Threshold(
        (f"{APP}process",),
        "processes_with_100_operations_of_2_clients",
        2,
        f"processes that served {PROCESS_OPERATIONS} operations of {PROCESS_CLIENTS} clients",
        f"{_MORE}, on several processes",
    ),
)


@dataclass(slots=True)
class _Process:
    """What one pid served."""

    operations: int = 0
    clients: set[int] = field(default_factory=set)
    sessions: OperationSet = field(default_factory=OperationSet)

    def feed(self, operations: U64, sessions: U64) -> None:
        """Take in what entered."""
        self.operations += int(operations.size)
        self.clients.update(_clients(operations))
        self.sessions.add(sessions[sessions != 0])

    @property
    def counts(self) -> bool:
        """Whether it served enough."""
        return self.operations >= PROCESS_OPERATIONS and len(self.clients) >= PROCESS_CLIENTS


def _clients(operations: U64) -> list[int]:
    clients: list[int] = np.unique(operations >> _CLIENT_SHIFT & _CLIENT_MASK).tolist()
    return clients


class Evidence:
    """Counts switches and what each process served, whatever the model: it is known at the end."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._switches = 0
        #: Source -> the number that would come next, and the operation of the last record, if it is inside.
        self._last: dict[str, tuple[int, int] | None] = {}
        self._processes: dict[int, _Process] = {}
        self._answered = 0
        self._without_error = 0
        self._clients: set[int] = set()

    def feed(self, view: View) -> None:
        """Take in a batch: the target's; of a client's only how many were answered."""
        if not len(view):
            return
        if view.side is Side.CLIENT:
            ended = view.kind == Kind.OK
            answered = view.op[ended]
            self._without_error += int((view.value[ended] < 400).sum())
            self._answered += int(answered.size)
            self._clients.update(_clients(answered))
            return
        open_here = view.known & (view.kind != Kind.EXIT)
        self._switches += int((open_here[:-1] & (view.op[1:] != view.op[:-1])).sum())
        last = self._last.get(view.source)
        if last is not None and last[0] == view.first:
            self._switches += int(last[1] != int(view.op[0]))
        self._last[view.source] = (view.end, int(view.op[-1])) if open_here[-1] else None
        entered = (view.kind == Kind.ENTER) & view.known
        process = self._processes.setdefault(view.batch.pid, _Process())
        process.feed(view.op[entered], view.value[entered])

    def _seen(self) -> dict[str, int]:
        """Return every measure the table of thresholds names."""
        serving = [process for process in self._processes.values() if process.counts]
        return {
            SWITCHES: self._switches,
            "processes_with_100_operations_of_2_clients": len(serving),
            "sessions_served_by_2_processes": self._shared_sessions(),
            "operations_answered": self._answered,
            "clients_answered": len(self._clients),
            "operations_answered_without_an_error": self._without_error,
        }

    def _shared_sessions(self) -> int:
        once, again = OperationSet(), OperationSet()
        for process in self._processes.values():
            again.update(process.sessions.minus(process.sessions.minus(once)))
            once.update(process.sessions)
        return len(again)

    def finish(self, facts: ColumnFacts) -> Result:
        """Compare what was seen with the thresholds of the column's model."""
        model = f"{APP}{facts.model}" if facts.app else facts.model if facts.inside else BLACK_BOX
        asked = [one for one in THRESHOLDS if model in one.models]
        seen = self._seen()
        said = facts.model if facts.app else model
        # A model that nobody asked for by name may be one that this app can't interleave under.
        excused = [one for one in asked if facts.app and not facts.named and one.measure == SWITCHES]
        doubts = tuple(self._doubts(said, [one for one in asked if one not in excused], seen))
        notes = tuple(self._doubts(said, excused, seen)) if excused else ()
        counts: dict[str, int] = {}
        for one in asked:
            counts |= {one.measure: seen[one.measure], f"{one.measure}_needed": one.needed}
        verdict = Verdict.UNKNOWN if doubts else Verdict.VALID
        return Result(self._law.id, self._law.title, verdict, doubts=doubts, facts=counts, notes=notes)

    @staticmethod
    def _doubts(model: str, asked: list[Threshold], seen: dict[str, int]) -> Iterator[str]:
        if not asked:
            models = sorted({name for one in THRESHOLDS for name in one.models if name not in APPS})
            yield (
                f"What is enough evidence for the worker model {model!r} is not known; "
                f"it is known for {join_and(models)}."
            )
        for one in asked:
            if seen[one.measure] < one.needed:
                yield (
                    f"Too few {one.what}: {seen[one.measure]:,} seen, and a {model} column needs "
                    f"{one.needed:,}; {one.advice}."
                )


def start(law: Law) -> Fold:
    """Return the fold of EVIDENCE."""
    return Evidence(law)
