"""The seeded stream of visits: what one client asks of a user's own application, in order, without end.

Each client asks for every route once, in an order of its own (in that of the file, if the routes came out of
one: a login may have to come first), and then for what it draws. It keeps its cookies; who it is never
changes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from random import Random

from harness.blackbox.carrying import COOKIE_SLOT, FIRST_SLOT, SPELLINGS, field_canary
from harness.history.canary import to_text
from harness.history.scenarios import Scenario
from harness.store.survey import RouteField, RoutePlan

from .maker import ANONYMOUS_EVERY, Maker
from .operation import Item, Manner, Operation, Policy

#: The connection to travel on: what a browser does, and sometimes a new one, so that every process is met.
_POLICIES = (Policy.KEEP_ALIVE, Policy.KEEP_ALIVE, Policy.KEEP_ALIVE, Policy.FRESH)
#: One visit in this many asks for a compressed answer.
_COMPRESSED_EVERY = 3
#: One GET in this many leaves the query out: some applications refuse what they don't know.
_BARE_EVERY = 4
#: Of every other method, beside HEAD's 1.
_WEIGHT = 6


class Visits(Iterator[Item]):
    """One client's visits, a function of seed, load worker, client and plan alone.

    :param stream: draws as this load worker would, for one that needs canaries of its own; None: as itself.
    """

    def __init__(
        self, seed: int, worker: int, client: int, plan: RoutePlan, stream: int | None = None
    ) -> None:
        drawn = worker if stream is None else stream
        # Text seeds are hashed with SHA-512, the same on every version and machine.
        self._rng = Random(f"crosstalk/visits/{seed}/{drawn}/{client}")  # noqa: S311 - has to be repeatable
        self._maker = Maker(self._rng, worker, client, ())
        self._plan = plan
        numbers = list(range(len(plan.routes)))
        if not plan.scripted:
            self._rng.shuffle(numbers)
        self._first = deque(numbers)
        # A HEAD says little: it is asked for once, and now and then.
        self._weights = [1 if route.method == "HEAD" else _WEIGHT for route in plan.routes]
        self._numbers = range(len(plan.routes))

    def __next__(self) -> Item:
        if self._first:
            return Item(Manner.SEQUENCE, (self._visit(self._first.popleft(), anonymous=False),))
        # As in a private window: what an application hands to newcomers is handed out often.
        anonymous = not self._rng.randrange(ANONYMOUS_EVERY)
        return Item(Manner.SEQUENCE, (self._visit(self._draw(), anonymous=anonymous),))

    def _draw(self) -> int:
        return self._rng.choices(self._numbers, self._weights)[0]

    def _visit(self, number: int, *, anonymous: bool) -> Operation:
        route, rng = self._plan.routes[number], self._rng
        canary = self._maker.canary()
        values = [_spell(field, canary, FIRST_SLOT + index) for index, field in enumerate(route.fields)]
        in_path = len(route.path) - 1
        path = _join(route.path, values[:in_path])
        if not self._plan.scripted and not rng.randrange(_BARE_EVERY):
            path = path.partition("?")[0]
        headers = [("Content-Type", route.content_type)] if route.content_type else []
        if not rng.randrange(_COMPRESSED_EVERY):
            headers.append(("Accept-Encoding", "gzip"))
        return Operation(
            scenario=Scenario.VISIT,
            canary=canary,
            sends_session=not anonymous,
            method=route.method,
            path=path,
            cookies=(("canary", to_text(field_canary(canary, COOKIE_SLOT))),),
            headers=tuple(headers),
            body=_join(route.body, values[in_path:]).encode(),
            # Some servers (gevent's) send a body after it all the same, which must not be taken for the next
            # answer.
            policy=Policy.FRESH if route.method == "HEAD" else rng.choice(_POLICIES),
            route=number,
        )


def _spell(field: RouteField, operation: int, slot: int) -> str:
    """Return what a field holds: the canary, or its filler where the canary has no room."""
    if not field.kind:
        return field.filler
    try:
        return SPELLINGS[field.kind](field_canary(operation, slot))
    except ValueError:
        return field.filler


def _join(literals: tuple[str, ...], values: list[str]) -> str:
    pieces = [piece for pair in zip(literals, values, strict=False) for piece in pair]
    return "".join((*pieces, literals[-1]))
