"""Real packages by `crosstalk run --app`: right use is valid, misuse is found where something is shared."""

from __future__ import annotations

import os

import pytest

from tests.integration.apps.real_apps import RealApp, real_apps
from tests.integration.apps.test_apps_by_the_command import Run, results, run, runs
from tests.integration.locust.locusts import Process, Runs

__all__ = ["run", "runs"]

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        not os.environ.get("CROSSTALK_APPS"), reason="by the command with `make apps`: minutes"
    ),
]


def ask(run: Run, app: RealApp, operations: int) -> Process:
    urls = [f"--urls={app.urls}"] if app.urls else []
    process = run(f"--app={app.target}", *urls, f"--worker-model={app.model}", f"--operations={operations}")
    process.wait(240)
    return process


@pytest.mark.parametrize("app", real_apps("command", "good"), ids=str)
def test_a_package_rightly_used_is_valid(run: Run, runs: Runs, app: RealApp) -> None:
    process = ask(run, app, 1500)
    assert runs.verdict()["verdict"] == "valid", process.output


@pytest.mark.parametrize("app", real_apps("silent", "misused"), ids=str)
def test_it_is_silent_where_it_shares_nothing(run: Run, runs: Runs, app: RealApp) -> None:
    process = ask(run, app, 1200)
    found = results(runs.verdict())[app.model]
    assert [law for law, result in found.items() if result["kinds"]] == [], process.output


@pytest.mark.parametrize("app", real_apps("command", "misused"), ids=str)
def test_a_package_that_is_misused_is_found(run: Run, runs: Runs, app: RealApp) -> None:
    process = ask(run, app, 1200)
    judged = results(runs.verdict())[app.model]
    for found in app.found:
        told = [each for each in judged[found.law]["violations"] if each["anomaly"] == found.anomaly]
        assert told, process.output
        assert found.said in told[0]["explanation"]
