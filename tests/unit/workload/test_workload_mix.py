"""The table of weights, narrowed."""

from __future__ import annotations

import pytest

from harness.history.scenarios import Scenario
from harness.workload.mix import DEFAULT_MIX, UnknownScenarioError, make_mix
from harness.workload.specs import BUILDERS


def test_all_scenarios_have_a_builder_or_come_with_another() -> None:
    assert set(BUILDERS) == set(Scenario) - {Scenario.GET}
    assert set(BUILDERS) - set(DEFAULT_MIX) == {Scenario.COLD_START}


@pytest.mark.parametrize(
    ("only", "without", "guarded", "kept"),
    [
        ([], [], True, set(DEFAULT_MIX)),
        ([], [], False, set(DEFAULT_MIX) - {Scenario.BASE_EXCEPTION}),
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
