"""Small applications by `crosstalk run --app`: each that leaks is found, each that is right is valid."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.integration.locust.locusts import Process, Runs

APPS = Path(__file__).parents[2] / "apps"
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


class Leaky(NamedTuple):
    app: str
    model: str
    law: str
    said: str  # in the first witness's explanation


LEAKY = [
    Leaky("flask_global_user.py:app", "thread", "B1", "in the field 'name' of its path"),
    Leaky("flask_global_user.py:app", "greenlet", "B1", "in the field 'name' of its path"),
    Leaky("flask_cached_page.py:create_app()", "thread", "B1", "in its cookie canary"),
    Leaky("wsgi_shared_handler.py:app", "thread", "B1", "in the field 'q' of its query"),
    Leaky("wsgi_seeded_sessions.py:app", "process", "B2", "in a cookie of GET /"),
    Leaky("bottle_thread_local.py:app", "thread", "B1", "in "),
    Leaky("django_middleware_state.py:application", "thread", "B1", "in the field 'canary' of its query"),
]
#: Where the same app has nothing to mix up.
SILENT = [
    Leaky("flask_global_user.py:app", "process", "B1", ""),
    Leaky("wsgi_seeded_sessions.py:app", "thread", "B2", ""),
    Leaky("bottle_thread_local.py:app", "greenlet", "B1", ""),
]
RIGHT = [
    ("flask_server_sessions.py:app", "thread"),
    ("flask_everyday.py:app", "thread"),
    ("wsgi_guestbook.py:app", "greenlet"),
    ("bottle_keyed_cache.py:app", "thread"),
    ("django_signed_sessions.py:application", "process"),
]


def asked_of(folder: str, app: str) -> list[str]:
    """Return the options that an application of ours needs: its requests, if it has no router."""
    file = APPS / folder / app.partition(":")[0]
    urls = file.with_suffix(".urls")
    options = [f"--app={APPS / folder / app}"]
    return [*options, f"--urls={urls}"] if urls.exists() else options


def results(verdict: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (column,) = verdict["columns"]
    return {result["invariant"]: result for result in column["results"]}


@pytest.mark.parametrize("leaky", LEAKY, ids=lambda leaky: f"{leaky.app}-{leaky.model}")
def test_an_app_that_leaks_is_found(run: Run, runs: Runs, leaky: Leaky) -> None:
    process = run(*asked_of("leaky", leaky.app), f"--worker-model={leaky.model}", "--operations=1200")
    assert process.wait() == 1, process.output
    result = results(runs.verdict())[leaky.law]
    assert result["state"] == "violated"
    assert leaky.said in result["violations"][0]["explanation"]
    assert "its real database" in process.output


@pytest.mark.parametrize("silent", SILENT, ids=lambda silent: f"{silent.app}-{silent.model}")
def test_it_is_silent_where_it_shares_nothing(run: Run, runs: Runs, silent: Leaky) -> None:
    run(*asked_of("leaky", silent.app), f"--worker-model={silent.model}", "--operations=1200").wait()
    found = results(runs.verdict())
    assert [law for law, result in found.items() if result["state"] == "violated"] == []


@pytest.mark.parametrize(("app", "model"), RIGHT)
def test_an_app_that_is_right_is_valid(run: Run, runs: Runs, app: str, model: str) -> None:
    options = ["--shared=message"] if "guestbook" in app else []
    process = run(*asked_of("right", app), *options, f"--worker-model={model}", "--operations=3000")
    assert process.wait() == 0, process.output
    assert runs.verdict()["verdict"] == "valid"


def test_a_guestbook_that_is_not_declared_is_found(run: Run, runs: Runs) -> None:
    process = run(*asked_of("right", "wsgi_guestbook.py:app"), "--worker-model=thread", "--operations=1200")
    assert process.wait() == 1, process.output
    assert "in the field 'message' of its form" in process.output


def test_what_was_not_exercised_is_listed(run: Run, runs: Runs) -> None:
    app = asked_of("right", "flask_server_sessions.py:app")
    process = run(*app, "--worker-model=thread", "--operations=1200", "--exclude=/visits")
    process.wait()
    for said in (
        "/visits: left out with --exclude",
        "GET /static/<path:filename> answered only errors (4xx): no evidence.",
    ):
        assert said in " ".join(process.output.split())
    (column,) = runs.verdict()["columns"]
    assert {"rule": "/visits", "why": "left out with --exclude"} in column["meta"]["skipped"]
    assert [route["label"] for route in column["meta"]["routes"]][:1]
