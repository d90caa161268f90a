"""The routes that a locustfile of the user's own asks for, numbered as they turn up.

The rule this file guards: *a number means the same route in every load process.* The local or master
runner hands them out, in the order of asking; what asks is untrusted. A book that is full gives everything
else one number: a locustfile that names no routes may make a new one of every request.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness import records
from harness.store.metadata import RouteMeta

ROUTES_MAX = 1000
TEXT_CHARACTERS_MAX = 8000
_OTHERS = RouteMeta("any other request", "any other request")


def spell(route: RouteMeta) -> str:
    """Return a route as text, the same for the same route."""
    return records.to_text(route)


@dataclass(slots=True)
class RouteBook:
    """The routes so far; the number of one is its place."""

    routes: list[RouteMeta] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """Return the number of the route that *text* spells, a new one if need be."""
        if text in self._numbers:
            return self._numbers[text]
        if len(self._numbers) >= ROUTES_MAX or len(text) > TEXT_CHARACTERS_MAX:
            return self._enter("", _OTHERS)
        try:
            return self._enter(text, records.from_text(RouteMeta, text, "a route"))
        except records.RecordError:
            return self._enter("", _OTHERS)

    def _enter(self, text: str, route: RouteMeta) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self.routes)
            self.routes.append(route)
        return self._numbers[text]
