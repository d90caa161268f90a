"""What the search of the heap does to the collector, and the collector to the search."""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Iterator

import pytest

from harness.history.canary import CanaryKind, make_canary, to_text
from harness.inside.residue.caches import Limits
from harness.inside.residue.canaries import Finished
from harness.inside.residue.heap import Found, search_heap

#: Canaries of nobody else's: other tests leave some in this process.
WORKER = 13
LIMITS = Limits(256, sessions=1000)


def search() -> Found:
    finished = Finished()
    finished.add(make_canary(CanaryKind.OPERATION, WORKER, 1, 100))
    return search_heap(finished, limits=LIMITS)


@pytest.fixture
def module() -> Iterator[types.ModuleType]:
    made = types.ModuleType("holding")
    made.__dict__["__spec__"] = None
    sys.modules["holding"] = made
    yield made
    del sys.modules["holding"]


@pytest.fixture
def eager_collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("eager_collector")
def test_a_tuple_that_is_tracked_until_the_collector_meets_it_is_found(module: types.ModuleType) -> None:
    gc.disable()
    module.__dict__["rows"] = [(1, (2, to_text(make_canary(CanaryKind.OPERATION, WORKER, 1, 4))))]
    gc.freeze()  # nothing has met the tuples yet, and nothing does before the search
    gc.enable()
    found = [each.name for each in search().kept]
    assert [name for name in found if name.startswith("holding.rows")] == found
    assert found


@pytest.mark.parametrize("collects", [True, False])
def test_the_collector_is_left_as_it_was(collects: bool) -> None:
    (gc.enable if collects else gc.disable)()
    try:
        search()
        assert gc.isenabled() is collects
    finally:
        gc.enable()
