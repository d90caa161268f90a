"""The table of weights, narrowed."""

from __future__ import annotations

from itertools import islice

import pytest

from harness.history.scenarios import PROBED, Scenario
from harness.workload.mix import DEFAULT_MIX, UnknownScenarioError, make_mix, whole_mix
from harness.workload.specs import BUILDERS
from harness.workload.stream import Workload


def test_all_scenarios_have_a_builder_and_a_weight() -> None:
    assert set(BUILDERS) == set(DEFAULT_MIX) == PROBED
    assert {scenario for scenario, weight in DEFAULT_MIX.items() if not weight} == {
        Scenario.COLD_START,
        Scenario.GET,
    }


@pytest.mark.parametrize("scenario", sorted(PROBED), ids=lambda scenario: scenario.name.lower())
def test_every_scenario_is_usable_alone(scenario: Scenario) -> None:
    mix = make_mix([scenario.name.lower()])
    assert set(mix) == {scenario}
    assert mix[scenario] > 0
    sent = {each.scenario for item in islice(Workload(1, 0, 0, mix), 40) for each in item.operations}
    # What it needs to be asked for at all, or to be seen by.
    others = {
        Scenario.LOGIN,
        Scenario.SESSION_READ,
        Scenario.PUT,
        Scenario.GET,
        Scenario.BACKEND,
        Scenario.ECHO,
    }
    assert scenario in sent
    assert sent <= {scenario, *others}


@pytest.mark.parametrize(
    ("only", "without", "guarded", "kept"),
    [
        ([], [], True, set(DEFAULT_MIX)),
        ([], [], False, set(DEFAULT_MIX) - {Scenario.BASE_EXCEPTION, Scenario.BACKEND_CANCEL}),
        ([], ["cold_start"], True, set(DEFAULT_MIX) - {Scenario.COLD_START}),
        (["echo", "put"], [], True, {Scenario.ECHO, Scenario.PUT}),
        (["echo", "put"], ["put"], True, {Scenario.ECHO}),
    ],
)
def test_a_mix_is_narrowed(only: list[str], without: list[str], guarded: bool, kept: set[Scenario]) -> None:
    mix = make_mix(only, without, guarded=guarded)
    assert set(mix) == kept
    assert all(mix[scenario] == DEFAULT_MIX[scenario] for scenario in kept)


def test_an_unknown_name_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(UnknownScenarioError, match=r"unknown scenario ecko; known: abort, .*echo, "):
        make_mix(["ecko", "put"])
    with pytest.raises(UnknownScenarioError):
        make_mix(without=["get "])


def test_a_mix_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no scenario is left"):
        make_mix(["echo"], ["echo"])


@pytest.mark.parametrize(
    ("model", "left_out"),
    [("thread", set()), ("greenlet", set()), ("process", {Scenario.JOB}), ("a server of their own", set())],
)
def test_the_whole_mix_of_a_worker_model(model: str, left_out: set[Scenario]) -> None:
    mix = make_mix(whole_mix(model))
    assert set(mix) == set(DEFAULT_MIX) - left_out
    assert all(mix[scenario] == DEFAULT_MIX[scenario] for scenario in mix)
    assert left_out <= set(make_mix([scenario.name.lower() for scenario in left_out]))
