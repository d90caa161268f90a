"""The laws a history must obey, in the order reports show them; each has a checker.

``sides`` says whose records a law is judged by: without the target's own records, those that need
them read "not looked at". ``always``: see ``fold.Law``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.history.layout import Side

from . import (
    accounting,
    backend,
    census,
    clean_start,
    closing,
    cycle,
    evidence,
    exercised,
    foreign_answers,
    fresh_start,
    handed_out,
    headers,
    inheriting,
    issued_ids,
    keeping,
    ledger,
    own_after_yield,
    own_session,
    read_back,
    status,
    streams,
)
from .fold import Fold, Law

_INSIDE = (Side.SERVER,)
_OUTSIDE = (Side.CLIENT,)
_BOTH = (Side.SERVER, Side.CLIENT)


@dataclass(frozen=True, slots=True)
class Checker:
    """A law, and what starts a fold that judges it."""

    law: Law
    start: Callable[[Law], Fold]


CHECKERS: tuple[Checker, ...] = (
    Checker(
        Law(
            "I0",
            "no context is current when a request or job starts or has ended",
            _BOTH,
            always=True,
            contexts=True,
        ),
        clean_start.start,
    ),
    Checker(
        Law(
            "I1",
            "request and g stay the request's own, also after a yield",
            _BOTH,
            always=True,
            contexts=True,
        ),
        own_after_yield.start,
    ),
    Checker(
        Law("I2", "g is empty when a request starts", _BOTH, always=True, contexts=True), fresh_start.start
    ),
    Checker(
        Law("I3", "the session is the caller's own and complete", _BOTH, contexts=True), own_session.start
    ),
    Checker(Law("I4", "headers and cookies are the request's own", _OUTSIDE), headers.start),
    Checker(Law("I5", "every chunk of a stream is the request's own", _BOTH), streams.start),
    Checker(
        Law(
            "I6",
            "every teardown callback runs once for each activation",
            _INSIDE,
            always=True,
            contexts=True,
        ),
        ledger.start,
    ),
    Checker(Law("I7", "issued ids are unique", _OUTSIDE), issued_ids.start),
    Checker(
        Law("I8", "one response each, with a legal status and a body that parses", _OUTSIDE), status.start
    ),
    Checker(Law("I9", "what was written is read back", _OUTSIDE), read_back.start),
    Checker(
        Law(
            "I10", "requests and contexts do not outlive their request", _INSIDE, in_order=True, contexts=True
        ),
        census.start,
    ),
    Checker(Law("G", "the reply of a backend belongs to the request", _OUTSIDE), backend.start),
    Checker(
        Law("CYCLE", "the steps of each request fit the cycle", _INSIDE, always=True, contexts=True),
        cycle.start,
    ),
    Checker(Law("ACCOUNTING", "every operation and every record is accounted for", _BOTH), accounting.start),
    Checker(Law("EVIDENCE", "enough happened for silence to be proof", _INSIDE), evidence.start),
)

_SHARED = {checker.law.id: checker for checker in CHECKERS}

#: The laws of a user's own application, which has no probes: what its answers say, what its requests leave,
#: and what its contexts hold if they are observed.
APP_CHECKERS: tuple[Checker, ...] = (
    Checker(Law("B1", "what one caller sends reaches no other caller", _OUTSIDE), foreign_answers.start),
    Checker(Law("B2", "what is made for one caller is handed to one", _OUTSIDE), handed_out.start),
    Checker(Law("ROUTES", "the application's routes answered", _OUTSIDE), exercised.start),
    *(_SHARED[law] for law in ("I0", "I1", "I2", "I3", "I6", "I10")),
    Checker(
        Law("I11", "no request finds what another caller's left on its worker", _INSIDE, in_order=True),
        inheriting.start,
    ),
    Checker(Law("I12", "every body is closed exactly once", _INSIDE, in_order=True), closing.start),
    Checker(Law("I13", "nothing of a finished request is kept", _INSIDE, in_order=True), keeping.start),
    _SHARED["CYCLE"],
    _SHARED["ACCOUNTING"],
    _SHARED["EVIDENCE"],
)

#: All of both.
ALL_CHECKERS = tuple(dict.fromkeys([*CHECKERS, *APP_CHECKERS]))


def checkers_for(*, app: bool) -> tuple[Checker, ...]:
    """Return the laws of a column: of the probes, or of a user's own application."""
    return APP_CHECKERS if app else CHECKERS
