"""What a load process knows of the route book: asked of the office once for each route."""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent.event import Event

#: A message may be lost; then a route's number is asked for again.
AGAIN_S = 2.0


class Numbers:
    """The numbers of routes, as far as this process has asked.

    :param ask: asks for a route's number; the answer comes through :meth:`told`.
    """

    def __init__(self, ask: Callable[[str], None]) -> None:
        self._ask = ask
        self._known: dict[str, int] = {}
        self._awaited: dict[str, Event] = {}
        self._ended = False

    def of(self, route: str) -> int:
        """Return the number of a route, as text.

        :raises gevent.GreenletExit: if the end comes first.
        """
        while route not in self._known:
            if self._ended:
                raise gevent.GreenletExit
            event = self._awaited.setdefault(route, Event())
            self._ask(route)
            event.wait(AGAIN_S)
        return self._known[route]

    def told(self, route: str, number: int) -> None:
        """Take the office's answer."""
        self._known[route] = number
        if event := self._awaited.pop(route, None):
            event.set()

    def end(self) -> None:
        """Wait for no answer any more."""
        self._ended = True
        for event in self._awaited.values():
            event.set()
