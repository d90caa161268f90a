"""What it costs to look for what requests leave: a look at the variables, the heap, and a request of Flask's.

Run as ``python -m harness.bench.residue``. Times are CPU time, of things measured in turn in one run; the
limit stands beside each. The heap is one of objects as applications have them (attributes, lists, text), and
what the collector does not track is searched, but not counted as an object.
"""

from __future__ import annotations

import gc
import itertools
import sys
import time
from collections.abc import Sequence
from contextvars import ContextVar, copy_context
from statistics import median
from typing import Any

from harness.history.canary import CanaryKind, make_canary
from harness.inside.body import Recorder
from harness.inside.locality import Here, Locality
from harness.inside.residue.caches import Limits
from harness.inside.residue.canaries import Finished
from harness.inside.residue.heap import search_heap
from harness.inside.residue.keeping import CACHE_MAX
from harness.inside.residue.slots import FULL_FIRST
from harness.inside.residue.watch import Watch, Watched
from harness.inside.wrapper import Wrapper
from harness.plugin.calling import call, make_environ

from .rounds import alternate, timed

VARIABLES = 10
LOOKS = 2_000  # in a round
REQUESTS = 50  # in a round
OBJECTS = 150_000
LOOK_NS_MAX, SEARCH_MS_MAX, SHARE_MAX = 1_000, 400, 0.15


def _watch() -> Watch:
    return Watch(lambda *record: None, Locality())


def measure_look() -> float:
    """Return the nanoseconds a request costs whose variables nobody changed, with ten of them set."""
    return copy_context().run(_measure_look)


def _measure_look() -> float:
    variables = [ContextVar[str](f"bench_{number}") for number in range(VARIABLES)]
    for variable in variables:
        variable.set("value")
    watch = _watch()
    slots, trail = watch._slots, watch._trail()  # noqa: SLF001 - what is measured is the inner part
    here = Here(Locality().here().where, make_canary(CanaryKind.OPERATION, 0, 1, 1), 0, 0)
    # Not one of those that are looked at in full: these are part of the request that is measured below.
    number = FULL_FIRST + 1

    def look() -> None:
        for _ in range(LOOKS):
            slots.enter(trail, here)
            slots.exit(trail, here, number)

    def nothing() -> None:
        for _ in range(LOOKS):
            _nothing(trail, here)
            _nothing(trail, here)

    rounds = alternate(timed(look, LOOKS), timed(nothing, LOOKS))
    watch.stop()
    return median(looked - plain for looked, plain in rounds)


def _nothing(*_: object) -> None:
    """Be called."""


class _Thing:
    """An object of an application."""

    def __init__(self, number: int) -> None:
        self.name = f"object {number}"
        self.tags = [f"tag {number}", number, self.name]
        self.parent: _Thing | None = None


def measure_search() -> tuple[int, float, float]:
    """Return how many objects there were, and milliseconds per million: the search's, the collector's."""
    things = [_Thing(number) for number in range(OBJECTS)]
    for thing, parent in itertools.pairwise(things):
        thing.parent = parent
    finished = Finished()
    for client in range(8):
        finished.add(make_canary(CanaryKind.OPERATION, 0, client, 1_000))
    found = search_heap(finished, limits=Limits(CACHE_MAX))
    took: list[float] = []
    collected: list[float] = []
    for _ in range(5):
        began = time.process_time()
        gc.collect()
        middle = time.process_time()
        search_heap(finished, limits=Limits(CACHE_MAX))
        collected.append(middle - began)
        # A search begins with a round of the collector.
        took.append(time.process_time() - middle - collected[-1])
    of_million = 1e9 / found.objects
    return found.objects, min(took) * of_million, min(collected) * of_million


class _Nobody:
    """Records nothing."""

    def enter(self, here: Here) -> None: ...

    def left(self, here: Here, error: BaseException) -> None: ...

    def returned(self, here: Here) -> None: ...

    def chunk(self, here: Here) -> None: ...

    def exit(self, here: Here) -> None: ...

    def closed_again(self, here: Here) -> None: ...

    def never_closed(self, here: Here) -> None: ...


def measure_request() -> tuple[float, float]:
    """Return what watching adds to a request of Flask's with a session, as a share, and its microseconds."""
    app = flask_app()
    watch = _watch()
    numbers = itertools.count(1)

    def drive(recorder: Recorder) -> Any:
        wrapper = Wrapper(app, Locality(), recorder, {})

        def work() -> None:
            for _ in range(REQUESTS):
                operation = make_canary(CanaryKind.OPERATION, 0, 1, next(numbers))
                head = (
                    f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Crosstalk: {operation:016x}.{0:016x}.02\r\n\r\n"
                )
                call(wrapper, make_environ(head.encode()))

        return work

    watched, plain = drive(Watched(_Nobody(), watch)), drive(_Nobody())
    while watch._seen < FULL_FIRST:  # noqa: SLF001 - a sample is what is measured
        watched()
    rounds = alternate(timed(watched, REQUESTS), timed(plain, REQUESTS))
    watch.stop()
    return median(one / other - 1 for one, other in rounds), median(other for _, other in rounds) / 1000


def flask_app() -> Any:
    """Return an application with one route, whose requests have a session."""
    import flask

    app = flask.Flask("bench")
    app.secret_key = "bench"  # noqa: S105 - of nothing

    @app.get("/")
    def index() -> str:
        flask.session["visits"] = flask.session.get("visits", 0) + 1
        return "ok"

    return app


def main(arguments: Sequence[str] = ()) -> int:
    """Print what it costs."""
    look_ns = measure_look()
    objects, search_ms, collect_ms = measure_search()
    share, request_us = measure_request()
    sys.stdout.write(
        f"residue: {look_ns:,.0f} ns a request at {VARIABLES} variables (limit {LOOK_NS_MAX:,} ns)\n"
        f"residue: {search_ms:,.0f} ms per million objects to search the heap (limit {SEARCH_MS_MAX} ms; "
        f"{objects:,} objects; the collector's own round before it {collect_ms:,.0f} ms)\n"
        f"residue: {share:.1%} of a Flask session request of {request_us:,.0f} us, sampled "
        f"(limit {SHARE_MAX:.0%})\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
