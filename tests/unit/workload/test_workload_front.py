"""A short load reaches every scenario, and those that matter soon and often."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from harness.history.scenarios import Scenario
from harness.workload.front import TIMES, WANTED_TIMES, WANTED_WEIGHT, deal, favour, named
from harness.workload.mix import DEFAULT_MIX, make_mix
from harness.workload.stream import Workload

DRAWN = [scenario for scenario, weight in DEFAULT_MIX.items() if weight]


@pytest.mark.parametrize("clients", [1, 3, 8, 100])
def test_every_scenario_that_is_drawn_is_dealt_out(clients: int) -> None:
    fronts = deal(DEFAULT_MIX, clients)
    assert len(fronts) == clients
    dealt = Counter(scenario for front in fronts for scenario in front)
    assert dealt == Counter(dict.fromkeys(DRAWN, TIMES))


def test_every_client_begins_with_what_is_wanted_each_in_another_order() -> None:
    wanted = (Scenario.STREAM, Scenario.HEAD)
    fronts = deal(DEFAULT_MIX, 2, wanted)
    assert [front[: 2 * WANTED_TIMES] for front in fronts] == [
        (Scenario.STREAM, Scenario.HEAD) * WANTED_TIMES,
        (Scenario.HEAD, Scenario.STREAM) * WANTED_TIMES,
    ]


def test_what_is_wanted_is_drawn_oftener_and_what_is_never_drawn_stays_so() -> None:
    mix = favour(DEFAULT_MIX, (Scenario.STREAM, Scenario.COLD_START))
    assert mix[Scenario.STREAM] == WANTED_WEIGHT * DEFAULT_MIX[Scenario.STREAM]
    assert mix[Scenario.COLD_START] == 0
    assert favour(DEFAULT_MIX, ()) == dict(DEFAULT_MIX)


def test_names_that_the_mix_never_draws_are_passed_over() -> None:
    assert named(DEFAULT_MIX, ("stream", "cold_start", "no_such")) == (Scenario.STREAM,)
    assert named(make_mix(["head"]), ("stream",)) == ()


def test_a_client_does_what_comes_first_after_its_cold_start() -> None:
    first = (Scenario.HEAD, Scenario.STREAM)
    workload = Workload(1, 0, 0, first=first)
    asked = [item.operations[0].scenario for item in islice(workload, 3)]
    assert asked == [Scenario.COLD_START, *first]


def test_a_parallel_group_is_read_back_before_what_comes_next() -> None:
    first = (Scenario.SESSION_PARALLEL,) * 4
    asked = [item.operations[0].scenario for item in islice(Workload(1, 0, 0, first=first), 7)]
    at = asked.index(Scenario.SESSION_PARALLEL)
    assert asked[at + 1] is Scenario.SESSION_READ


def test_without_a_front_the_stream_is_the_same_as_ever() -> None:
    def paths(workload: Workload) -> list[str]:
        return [item.operations[0].path for item in islice(workload, 50)]

    assert paths(Workload(5, 0, 2)) == paths(Workload(5, 0, 2, first=()))
