"""The load in one process: the local runner, whose office is a call away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .receipts import Places
from .routebook import RouteBook
from .side import SIDES, Link, LoadSide
from .spool import open_recording
from .tickets import TicketOffice
from .wire import LoadPlan


@dataclass(frozen=True, slots=True)
class Ends:
    """Whom to tell: ``over`` when every ticket is used up, ``fault`` when the load failed.

    ``book`` numbers the routes of a locustfile of the user's own.
    """

    over: Callable[[], None]
    fault: Callable[[str], None]
    book: RouteBook = field(default_factory=RouteBook)


class LocalEnd:
    """Runs the load side of a run in this process and records straight into the run's folder."""

    def __init__(self) -> None:
        self._side: LoadSide | None = None

    @property
    def load_workers(self) -> int:
        """How many processes send operations."""
        return 1

    def begin(
        self, plan: LoadPlan, office: TicketOffice, places: Callable[[int], Places], ends: Ends
    ) -> None:
        """Let the users begin.

        :raises OSError: if nothing can be recorded.
        """
        place = places(plan.worker)
        recording = open_recording(place.journal, place.details, plan.run, plan.disk_max_mb)

        def claim(finished: int, wanted: bool) -> None:
            tickets = office.claim(plan.worker, finished, wanted=wanted)
            if wanted:
                side.grant(tickets)
            if office.is_over:
                ends.over()

        def name(route: str) -> None:
            side.numbers.told(route, ends.book.number(route))

        side = self._side = LoadSide(plan, recording, Link(claim, ends.fault, name))
        SIDES.set(side)

    def operations(self) -> int:
        """Return how many operations are finished."""
        return self._side.finished if self._side else 0

    def collect(self) -> list[str]:
        """End the load, wait for what is in flight; return what is missing, a sentence each."""
        side, self._side = self._side, None
        if side is None:
            return []
        side.settle()
        SIDES.set(None)
        return []
