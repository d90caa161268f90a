"""ROUTES: the application was exercised; a route that answers only errors is no evidence.

Never finds a violation. It counts the answers of each route, names those that prove nothing, and knows the
usual reasons: each has a sentence that says whose fault it is and which option helps. A reason that holds for
half of all answers is a doubt; for less, a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.history.facts import ColumnFacts
from harness.history.layout import SEEN, Field, Kind, Notice, Side
from harness.verdict import Result, Verdict

from .fold import Fold, Law
from .sent import callers_of
from .sentences import join_and, plural
from .view import View

_CLASSES = 6  # 0: no whole answer, else the status's hundreds
#: Of a route's counts: after the classes of status a notice each.
_WIDTH = _CLASSES + max(Notice) + 1
#: Of all answers, from which on a reason makes the column unknown.
DOUBT_SHARE = 0.5
#: Of these nothing comes back but headers.
_BODILESS = ("HEAD ", "OPTIONS ")
#: Routes named in a sentence.
_NAMED = 3


class Reason(NamedTuple):
    """Why an application answers as it does; both may use ``{routes}`` and ``{count}``."""

    sentence: str
    doubts: bool = True  # False: never more than a note


REASONS: dict[Notice, Reason] = {
    Notice.HTTPS: Reason(
        "The app redirects to HTTPS ({count}, {routes}): say that a proxy did that, with "
        "--header 'X-Forwarded-Proto: https' if the app trusts one, or switch its redirect off."
    ),
    Notice.ENTRANCE: Reason(
        "The app redirects to where one logs in ({count}, {routes}): give a file of requests that log in "
        "first with --urls, as a user of each client's own; with --header all clients are one account."
    ),
    Notice.RATE_LIMIT: Reason(
        "The app limits its rate ({count} with status 429, {routes}): switch that off for the test, "
        "or ask less with --users."
    ),
    Notice.CSRF: Reason(
        "The app's CSRF protection refused what was sent ({count}, {routes}): switch it off for the test, or "
        "leave those routes out with --methods GET,HEAD or --exclude.",
    ),
    Notice.REFUSED: Reason(
        "The app refused what was sent with 400 or 403 ({count}, {routes}): give the fields it wants in a "
        "file with --urls, switch its CSRF protection off for the test, or leave those routes out with "
        "--exclude."
    ),
    Notice.LOGOUT: Reason(
        "The app deleted a cookie of its caller, as a logout does ({count}, {routes}): leave that out with "
        "--exclude, unless it is meant.",
        doubts=False,
    ),
    Notice.CODED: Reason(
        "Bodies came in a content coding that can't be undone here, so that nothing was searched in them "
        "({count}, {routes}): switch it off for the test."
    ),
}


class Exercised:
    """Counts answers by route and class of status, and notices by route."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._counts = np.zeros((0, _WIDTH), np.int64)
        self._returned: set[int] = set()  # routes that gave back something of what was sent to them

    def feed(self, view: View) -> None:
        """Take in a batch; only the clients' matter."""
        if view.side is not Side.CLIENT or not len(view):
            return
        route = view.column("spare")
        self._grow(int(route.max()) + 1)
        ended = (view.kind == Kind.OK) | (view.kind == Kind.INFO)
        status = np.where(view.kind == Kind.OK, view.value // 100, 0)[ended]
        np.add.at(self._counts, (route[ended], np.minimum(status, _CLASSES - 1)), 1)
        echoed = view.observed & np.isin(view.point, SEEN) & (callers_of(view.value) == callers_of(view.op))
        self._returned.update(map(int, np.unique(route[echoed])))
        noticed = view.observed & (view.point == Field.NOTICE)
        np.add.at(self._counts, (route[noticed], view.value[noticed] + np.uint64(_CLASSES)), 1)

    def _grow(self, routes: int) -> None:
        grown = np.zeros((max(routes, len(self._counts)), _WIDTH), np.int64)
        grown[: len(self._counts)] = self._counts
        self._counts = grown

    def finish(self, facts: ColumnFacts) -> Result:
        """Say which routes prove something, and why others don't."""
        self._grow(len(facts.routes))
        answers = self._counts[: len(facts.routes), :_CLASSES]
        good = answers[:, 2] + answers[:, 3]
        asked = answers.sum(axis=1)
        doubts = [*self._reasons(facts, int(asked.sum()), doubts=True)]
        if asked.sum() and not good.any():
            doubts.append(
                "No route answered anything but errors, so that silence proves nothing: see the target's "
                "log; if the app asks for a host's name, give --header 'Host: NAME'; else name what it "
                "serves with --urls."
            )
        notes = [*self._reasons(facts, int(asked.sum()), doubts=False)]
        counts = {
            "routes": len(facts.routes),
            "routes_answered": int((good > 0).sum()),
            "routes_with_errors_only": int(((good == 0) & (asked > 0)).sum()),
            "routes_never_asked": int((asked == 0).sum()),
        }
        notes += list(_silent(facts, answers))
        notes += list(self._mute(facts, good))
        return Result(
            self._law.id,
            self._law.title,
            Verdict.UNKNOWN if doubts else Verdict.VALID,
            looked=bool(asked.sum() or doubts),
            doubts=tuple(doubts),
            facts=counts,
            notes=tuple(notes),
        )

    def _mute(self, facts: ColumnFacts, good: npt.NDArray[np.int64]) -> Iterator[str]:
        """Name the routes that answered and gave back nothing of what was sent to them."""
        mute = [
            route.label
            for number, route in enumerate(facts.routes)
            if good[number] and number not in self._returned and not route.label.startswith(_BODILESS)
        ]
        if mute:
            yield (
                f"Nothing that was sent came back from {_named(mute)}: what is made of other fields there is "
                "not looked at; name such fields with --urls."
            )

    def _reasons(self, facts: ColumnFacts, asked: int, *, doubts: bool) -> Iterator[str]:
        for notice, reason in REASONS.items():
            by_route = self._counts[: len(facts.routes), _CLASSES + notice]
            count = int(by_route.sum())
            if count and doubts == (reason.doubts and count >= DOUBT_SHARE * asked):
                labels = [facts.routes[int(at)].label for at in np.flatnonzero(by_route)]
                yield reason.sentence.format(count=plural(count, "answer"), routes=_named(labels))


def _silent(facts: ColumnFacts, answers: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> Iterator[str]:
    """Name each route that is no evidence, and say why."""
    for number, route in enumerate(facts.routes):
        counts = answers[number].tolist()
        unanswered, _, ok, redirect, client, server = counts
        if ok or redirect:
            continue
        if not sum(counts):
            yield f"{route.label} was never asked for: run longer, with more operations."
            continue
        # Without numbers, so that several columns say the same once.
        how = {"4xx": client, "5xx": server, "no answer": unanswered}
        said = ", ".join(name for name, number in how.items() if number)
        yield f"{route.label} answered only errors ({said}): no evidence."


def _named(labels: list[str]) -> str:
    more = len(labels) - _NAMED
    return join_and([*labels[:_NAMED], f"{more} more"] if more > 0 else labels)


def start(law: Law) -> Fold:
    """Return the fold of ROUTES."""
    return Exercised(law)
