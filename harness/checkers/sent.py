"""What was sent by whom, in which field, and whether it was published on purpose; of a user's application.

Published is what ``--shared`` declares: a rule, by which paths, queries and bodies are published (a header or
a cookie never is), or the name of a field.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt

from harness.blackbox.carrying import COOKIE_SLOT, FIRST_SLOT, HEADER_SLOT, SLOTS_MAX
from harness.history.facts import ColumnFacts, RouteFacts

from .view import U64, View

_ALWAYS = {HEADER_SLOT: "its header X-Canary", COOKIE_SLOT: "its cookie canary"}
_CALLER_SHIFT, _CALLER_MASK = np.uint64(32), np.uint64(0xFFFFFFF)
#: Stands for the route of an operation that nobody sent: of what there is by route, the last row.
NO_ROUTE = -1


class SentRoutes:
    """The route of every operation that was sent: 12 bytes each."""

    def __init__(self) -> None:
        self._sent: list[tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]] = []

    def feed(self, view: View) -> None:
        """Take in a batch of a client's."""
        rows = view.openings
        self._sent.append((view.op[rows], view.column("spare")[rows]))

    def routes_of(self, operations: list[int]) -> dict[int, int]:
        """Return the number of each operation's route, :data:`NO_ROUTE` for one that nobody sent."""
        found = dict.fromkeys(operations, NO_ROUTE)
        wanted = np.array(sorted(found), np.uint64)
        for sent, routes in self._sent:
            for at in np.flatnonzero(np.isin(sent, wanted)):
                found[int(sent[at])] = int(routes[at])
        return found


def callers_of(canaries: U64) -> U64:
    """Return :func:`harness.blackbox.carrying.caller_of` of many canaries."""
    return canaries >> _CALLER_SHIFT & _CALLER_MASK


def published_fields(routes: tuple[RouteFacts, ...], shared: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Return by route and slot whether a caller publishes what it sends there; the last row: no route."""
    published = np.zeros((len(routes) + 1, SLOTS_MAX + 1), np.bool_)
    for number, route in enumerate(routes):
        whole = is_declared(route, shared)
        for index, (_, name) in enumerate(route.fields[: SLOTS_MAX + 1 - FIRST_SLOT]):
            published[number, FIRST_SLOT + index] = whole or name in shared
    return published


def is_declared(route: RouteFacts, shared: tuple[str, ...]) -> bool:
    """Return whether what goes by this route is published on purpose."""
    return any(one in (route.rule, route.label) or fnmatchcase(route.rule, one) for one in shared)


def published_slots(routes: tuple[RouteFacts, ...], shared: tuple[str, ...]) -> int:
    """Return the slots by which a caller publishes on any route, a bit each."""
    slots = np.flatnonzero(published_fields(routes, shared).any(axis=0))
    return sum(1 << int(slot) for slot in slots)


def name_route(number: int, facts: ColumnFacts) -> str:
    """Return a route in parentheses, after a blank; '' if there is none."""
    return f" ({facts.routes[number].label})" if 0 <= number < len(facts.routes) else ""


def name_field(number: int, slot: int, facts: ColumnFacts) -> str:
    """Return how a sentence calls the field in *slot* of an operation by this route."""
    if slot in _ALWAYS:
        return _ALWAYS[slot]
    index = slot - FIRST_SLOT
    if 0 <= number < len(facts.routes) and 0 <= index < len(facts.routes[number].fields):
        place, name = facts.routes[number].fields[index]
        return f"the field {name!r} of its {place}"
    return "its request"
