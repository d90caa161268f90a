"""Small applications by `crosstalk run --app`: each that leaks is found, each that is right is valid.

A few, under one worker model each; ``CROSSTALK_APPS=3`` (``make apps``) asks for all of them, under all, with
three seeds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.expected import APPS, RIGHT, App
from tests.integration.locust.locusts import Process, Runs

Run = Callable[..., Process]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "reports")


@pytest.fixture
def run(tmp_path: Path, runs: Runs) -> Iterator[Run]:
    """Start `crosstalk run` with these arguments."""
    started: list[Process] = []

    def start(*arguments: str) -> Process:
        command = [
            sys.executable,
            "-m",
            "harness",
            "run",
            "--users=12",
            "--seed=5",
            f"--reports={runs.reports}",
        ]
        started.append(Process([*command, *arguments], tmp_path / f"output-{len(started)}.txt"))
        return started[-1]

    yield start
    for process in started:
        process.end()


#: A few in every test run; ``make apps`` runs all, under each worker model at once.
FEW = (
    ("leaky/flask_global_user.py:app", "thread"),
    ("leaky/flask_global_user.py:app", "greenlet"),
    ("leaky/flask_global_user.py:app", "process"),
    ("leaky/wsgi_seeded_sessions.py:app", "process"),
    ("leaky/django_middleware_state.py:application", "thread"),
    ("leaky/bottle_thread_local.py:app", "greenlet"),
    ("leaky/bottle_audit_log.py:app", "process"),
    ("right/flask_server_sessions.py:app", "thread"),
    ("right/wsgi_guestbook.py:app", "greenlet"),
    ("right/bottle_keyed_cache.py:app", "thread"),
    ("right/django_signed_sessions.py:application", "process"),
)
BY_NAME = {app.name: app for app in APPS}
SEEDS = int(os.environ.get("CROSSTALK_APPS", "0"))
PLAN = (
    [(app.name, app.models, seed) for app in APPS for seed in range(1, 1 + SEEDS)]
    if SEEDS
    else [(name, (model,), 5) for name, model in FEW]
)
OPERATIONS = {"leaky": 1500, "right": 3000}


def asked_of(name: str) -> list[str]:
    """Return the options that an application of ours needs."""
    app = BY_NAME[name]
    options = [f"--app={app.path}"]
    options += [f"--urls={app.urls}"] if app.urls else []
    return [*options, f"--shared={','.join(app.shared)}"] if app.shared else options


def results(verdict: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return by worker model and law what was found."""
    return {
        column["model"]: {result["invariant"]: result for result in column["results"]}
        for column in verdict["columns"]
    }


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("name", "models", "seed"), PLAN, ids=str)
def test_it_comes_to_what_is_expected(
    run: Run, runs: Runs, name: str, models: tuple[str, ...], seed: int
) -> None:
    app = BY_NAME[name]
    operations = OPERATIONS[name.partition("/")[0]]
    process = run(
        *asked_of(name), f"--worker-model={','.join(models)}", f"--operations={operations}", f"--seed={seed}"
    )
    process.wait()
    assert "its real database" in process.output
    verdict = runs.verdict()
    found = results(verdict)
    assert sorted(found) == sorted(models), process.output
    if app in RIGHT:
        assert verdict["verdict"] == "valid", process.output
        return
    for model in models:
        judge(app, model, found[model], process.output)


def judge(app: App, model: str, found: dict[str, dict[str, Any]], output: str) -> None:
    """Assert that an app that leaks breaks its law in one column, with the right witness, and no other."""
    law = app.law(model)
    broken = {name for name, result in found.items() if result["state"] == "violated"}
    assert broken <= {law, *app.may}, output
    if not law:
        assert not broken, output
        return
    assert law in broken, output
    said = [one for one in found[law]["violations"] if app.is_said(one["explanation"])]
    assert said, [one["explanation"] for one in found[law]["violations"]]
    # Whose it was and who got it are two callers, and the witness has the events of both.
    for violation in said:
        named = {operation[:8] for operation in violation["operations"]}
        assert len(named) == (2 if law in ("B1", "B2") else len(violation["operations"]))
        witnessed = {event["op"] for event in violation["witness"]}
        assert witnessed & set(violation["operations"]) or not violation["operations"]


def test_a_guestbook_that_is_not_declared_is_found(run: Run, runs: Runs) -> None:
    undeclared = [option for option in asked_of("right/wsgi_guestbook.py:app") if "--shared" not in option]
    process = run(*undeclared, "--worker-model=thread", "--operations=1200")
    assert process.wait() == 1, process.output
    assert "in the field 'message' of its form" in process.output


def test_what_was_not_exercised_is_listed(run: Run, runs: Runs) -> None:
    app = asked_of("right/flask_server_sessions.py:app")
    process = run(*app, "--worker-model=thread", "--operations=1200", "--exclude=/visits")
    process.wait()
    for said in (
        "/visits: left out with --exclude",
        "/static/<path:filename>: it serves files: name one with --urls",
    ):
        assert said in " ".join(process.output.split())
    (column,) = runs.verdict()["columns"]
    assert {"rule": "/visits", "why": "left out with --exclude"} in column["meta"]["skipped"]
    assert [route["label"] for route in column["meta"]["routes"]][:1]
