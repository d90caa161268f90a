"""B2: a value that is meant for one caller is handed to one; nobody has to declare which those are.

Session ids, CSRF values and request ids are random and new for each caller. Two clients get the same one
where a generator is seeded, was copied by a fork, or an answer went astray. What everybody gets (the hash of
a file, a version, a public key) is as random and no violation, so that what stands at one *name* (a cookie, a
header, a key of a body) is judged together:

- of at least eight different tokens there,
- each must have gone to eight clients at most, and to no more than half of those that got any, on average:
  more workers than that are not forked from one seed, and a constant goes to everybody;

then a token that two clients got is a violation. A seed that is set anew in each request makes a constant,
and is not found. What is everybody's and *changes* (a revision of shared state) can't be told from session
ids that are made of the clock: it is declared with ``--shared``, by its route or its name.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from harness.blackbox.tokens import names_of
from harness.history.canary import name_canary
from harness.history.columns import Records
from harness.history.event import Event
from harness.history.facts import ColumnFacts
from harness.history.layout import Field, Place, Side
from harness.verdict import Result, Violation

from .fold import Fold, Law, Looked, conclude
from .kept import Kept
from .sent import callers_of, is_declared
from .sentences import capital
from .tally import Tally
from .view import Rows, View

#: See above.
TOKENS_MIN = 8
CLIENTS_MAX = 8
_WORDS = {Place.COOKIE: "a cookie", Place.HEADER: "a header", Place.BODY: "the body of the answer"}


class HandedOut:
    """Keeps every token that a client was handed for the first time."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._tally = Tally()
        self._handed = Kept()

    def feed(self, view: View) -> None:
        """Take in a batch; only the clients' matter."""
        if view.side is Side.CLIENT:
            self._handed.add(view, np.flatnonzero(view.observed & (view.point == Field.HANDED)))

    def finish(self, facts: ColumnFacts) -> Result:
        """Judge each name by itself."""
        handed = self._handed.records()
        judged, declared = 0, _declared(handed, facts)
        if len(handed):
            clients = callers_of(handed["op"]).astype(np.int64)
            private = np.flatnonzero(~declared)
            # Stable, so that who was first is named first.
            order = private[np.lexsort((handed["expected"][private],))]
            cuts = np.flatnonzero(np.diff(handed["expected"][order])) + 1
            for rows in np.split(order, cuts):
                judged += self._judge(handed, clients, rows, facts)
        looked = Looked(client=len(handed))
        counts = {"values": len(handed), "names_judged": judged}
        if facts.shared:
            counts["declared_as_shared"] = int(declared.sum())
        return conclude(self._law, facts, looked, self._tally.close(facts), counts=counts)

    def _judge(self, handed: Records, clients: Rows, rows: Rows, facts: ColumnFacts) -> int:
        tokens, which = np.unique(handed["value"][rows], return_inverse=True)
        pairs = np.unique(np.stack([which, clients[rows]]), axis=1)
        served = len(np.unique(pairs[1]))
        if len(tokens) < TOKENS_MIN or len(pairs[0]) / len(tokens) > min(CLIENTS_MAX, served / 2):
            return 0
        firsts: dict[int, int] = {}
        for at in map(int, rows):
            first = firsts.setdefault(int(handed["value"][at]), at)
            if clients[at] != clients[first]:
                self._add(self._handed.event(first), self._handed.event(at), facts)
        return 1

    def _add(self, first: Event, second: Event, facts: ColumnFacts) -> None:
        build = partial(self._violation, first, second, facts)
        self._tally.add(second.source, second.number, second["op"], "handed-out-twice", build)

    def _violation(self, first: Event, second: Event, facts: ColumnFacts) -> Violation:
        where = _WORDS[Place(second["detail"])]
        number = second["spare"]
        route = f" of {facts.routes[number].label}" if number < len(facts.routes) else ""
        sentence = (
            f"{name_canary(first['op'])} and {name_canary(second['op'])}, of two callers, were handed the "
            f"same random value in {where}{route}."
        )
        operations = (first["op"], second["op"])
        return Violation(
            self._law.id, "handed-out-twice", capital(sentence), (first, second), operations, "answer"
        )


def _declared(handed: Records, facts: ColumnFacts) -> npt.NDArray[np.bool_]:
    """Return which were handed out on a route, or stood at a name, that was declared as everybody's."""
    names = np.array([each for name in facts.shared for each in names_of(name)], np.uint64)
    routes = np.array([*(is_declared(route, facts.shared) for route in facts.routes), False])
    declared: npt.NDArray[np.bool_] = routes[np.minimum(handed["spare"], len(facts.routes))]
    return declared | np.isin(handed["expected"], names)


def start(law: Law) -> Fold:
    """Return the fold of B2."""
    return HandedOut(law)
