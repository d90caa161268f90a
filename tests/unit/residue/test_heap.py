"""What the search of the heap does to the collector, and the collector to the search."""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from harness.history.canary import CanaryKind, make_canary, to_text
from harness.inside.residue.caches import Limits
from harness.inside.residue.canaries import Finished
from harness.inside.residue.heap import Found, search_heap
from harness.inside.residue.routes import is_strange, runs_ours

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


def frame_of(module: str) -> types.FrameType:
    """Return the frame of a function that is said to be of this module."""
    values: dict[str, Any] = {"__name__": module, "sys": sys}
    exec("def run():\n    return sys._getframe()", values)
    frame: types.FrameType = values["run"]()
    return frame


#: Modules of the harness, of what drives tests or of servers; and a user's, whose names begin like these.
ALIKE = {
    "harness": "harness_for_shop",
    "harness.inside.body": "harnesses",
    "_pytest.python": "_pytest_helpers",
    "pytest_crosstalk": "pytest_crosstalk_demo",
    "gunicorn.workers.gthread": "gunicorn_conf",
    "waitress.task": "waitress_shop",
}


@pytest.mark.parametrize("theirs", ALIKE)
def test_a_users_module_is_known_by_its_whole_name(theirs: str) -> None:
    for name, is_theirs in ((theirs, True), (ALIKE[theirs], False)):
        assert is_strange(type("Thing", (), {"__module__": name})) is is_theirs
        assert runs_ours(frame_of(name)) is is_theirs


@pytest.mark.parametrize("theirs", ["queue", "threading", "concurrent.futures", "http.server"])
def test_a_users_worker_is_no_thread_that_waits(theirs: str) -> None:
    assert runs_ours(frame_of(theirs))
    assert not runs_ours(frame_of(f"{theirs}_worker"))


@pytest.mark.parametrize("ours", [True, False])
def test_what_a_users_module_holds_is_found_whatever_it_is_called(
    ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "harness.shop" if ours else "harness_shop"
    made = types.ModuleType(name)
    made.__dict__["held"] = [to_text(make_canary(CanaryKind.OPERATION, WORKER, 1, 7))]
    monkeypatch.setitem(sys.modules, name, made)
    assert any(kept.name == f"{name}.held" for kept in search().kept) is not ours
