"""docs/probes.md is the contract between both ends: it names all that each of them has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.history.scenarios import PROBED, Scenario
from harness.load.observations import BODIES, LOOKS
from harness.workload.operation import SESSION_COOKIES, SessionKind
from targetapp.probes import callbacks, stores
from targetapp.probes.app import ROUTES

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "probes.md").read_text()


@pytest.mark.parametrize("scenario", sorted(PROBED), ids=lambda scenario: scenario.name.lower())
def test_every_scenario_is_described(scenario: Scenario) -> None:
    assert f"`{scenario.name.lower()}`" in PAGE


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.endpoint)
def test_every_route_is_described_with_its_methods(route: tuple[str, str, object, tuple[str, ...]]) -> None:
    rule, _, _, methods = route
    path = re.escape(rule.replace("<canary>", "<c>"))
    lines = re.findall(rf"^\| (`[A-Z`, ]+) {path}` ", PAGE, re.MULTILINE)
    assert set(methods) in [set(re.findall(r"[A-Z]+", line)) for line in lines]


def test_the_headers_and_keys_are_the_ones_described() -> None:
    for name in (callbacks.ECHO_HEADER, callbacks.G_HEADER, callbacks.G_FOUND_HEADER):
        assert f"`{name}`" in PAGE
    keys = {*LOOKS, *(key for key, _ in BODIES.values()), "remote_addr", "session"}
    look = re.search(r"A \*\*look\*\* is `\{(.*?)\}`", PAGE)
    assert look is not None
    assert set(re.findall(r'"(\w+)"', look[1])) == keys


def test_both_ends_call_the_stores_alike() -> None:
    assert SESSION_COOKIES[SessionKind.COOKIE] == stores.COOKIE_NAME
    assert SESSION_COOKIES[SessionKind.SERVER] == stores.SERVER_COOKIE_NAME
    assert SessionKind.SERVER.value == stores.SERVER_PREFIX
