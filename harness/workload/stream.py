"""The seeded stream of items: what one client requests, in order, without end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from random import Random

from harness.history.scenarios import Scenario

from .maker import SOURCES, Maker
from .mix import DEFAULT_MIX, Mix
from .operation import Item, SessionKind
from .specs import BUILDERS, session_read


class Workload(Iterator[Item]):
    """One client's items, a function of seed, load worker, client, mix, sources and *first* alone.

    It starts with the cold-start burst if that is in the mix, goes on with what *first* names, and follows
    each parallel group in one session with a read of that session's log. Only :meth:`forget_session`
    depends on what the target answered: against a right one that is never called, and the stream is the
    same every time.
    """

    def __init__(
        self,
        seed: int,
        worker: int,
        client: int,
        mix: Mix = DEFAULT_MIX,
        sources: tuple[str, ...] = SOURCES,
        *,
        first: Sequence[Scenario] = (),
    ) -> None:
        # Text seeds are hashed with SHA-512, the same on every version and machine.
        rng = Random(f"crosstalk/{seed}/{worker}/{client}")  # noqa: S311 - has to be repeatable
        self._maker = Maker(rng, worker, client, sources)
        self._scenarios = tuple(mix)
        self._weights = tuple(mix.values())
        self._queue: deque[Scenario | SessionKind] = deque()
        if Scenario.COLD_START in mix:
            self._queue.append(Scenario.COLD_START)
        self._queue.extend(first)

    def __next__(self) -> Item:
        planned = self._queue.popleft() if self._queue else self._draw()
        if isinstance(planned, SessionKind):
            if planned in self._maker.sessions:
                return session_read(self._maker, planned)
            planned = self._draw()
        item = BUILDERS[planned](self._maker)
        asked = item.operations[0]
        if asked.scenario is Scenario.SESSION_PARALLEL:
            self._queue.appendleft(asked.store)
        return item

    def _draw(self) -> Scenario:
        return self._maker.rng.choices(self._scenarios, self._weights)[0]

    def forget_session(self, store: SessionKind) -> None:
        """Stop using the session of *store*: its login was not answered. The next use logs in again."""
        self._maker.sessions.pop(store, None)
