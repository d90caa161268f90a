"""What requests share, on real servers: each way of sharing it wrongly is found, and the right one is silent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Crosstalk
from tests.integration.locust.locusts import Runs

#: The probes, with one thing shared wrongly.
CARELESS = """
from targetapp.framework import copy_current_request_context
from targetapp.framework.globals import request_var
from targetapp.probes import backend, create_app, jobs


class KeepingClient(backend.Client):
    def __init__(self):
        super().__init__()
        self.pool.drop = self.pool.give


class LeavingJobs(jobs.Jobs):
    def run(self, job):
        left = request_var.get().copy()

        def leaving():
            result = job()
            left.push()
            return result

        return super().run(leaving)


def keeping_backend(session_db=""):
    app = create_app(session_db=session_db)
    app.extensions[backend.EXTENSION] = KeepingClient()
    return app


def page_without_vary(session_db=""):
    app = create_app(session_db=session_db)
    call = app.wsgi_app

    def wsgi_app(environ, start_response):
        def start(status, headers, *more):
            if "/page/" in environ["PATH_INFO"]:
                headers = [pair for pair in headers if pair[0] != "Vary"]
            return start_response(status, headers, *more)

        return call(environ, start)

    app.wsgi_app = wsgi_app
    return app


def static_with_cookie(session_db=""):
    app = create_app(session_db=session_db)

    def set_cookie(response):
        from targetapp.framework import request
        if "/static/" in request.path:
            response.set_cookie("session", "somebody's")
        return response

    app.after_request(set_cookie)
    return app


def leaving_jobs(session_db=""):
    app = create_app(session_db=session_db)
    app.extensions[jobs.EXTENSION] = LeavingJobs()
    return app
"""
SHARED = "backend,backend_cancel,shared_page,static,session_open_error,job"
COLUMNS = [("thread", "gthread"), ("greenlet", "gevent"), ("process", "sync")]
#: what is shared wrongly, the scenario that shows it, the law it breaks, and an anomaly
ALARMS = [
    ("keeping_backend", "backend_cancel", "G", "foreign-backend-reply"),
    ("page_without_vary", "shared_page", "I4", "foreign-shared-page"),
    ("static_with_cookie", "static", "I4", "wrong-set-cookie-count"),
    ("leaving_jobs", "job", "I0", "left-behind"),
]
IN_TWOS = {"foreign-backend-reply", "foreign-shared-page", "left-behind"}


def results(runs: Runs) -> dict[str, dict[str, Any]]:
    (column,) = runs.verdict()["columns"]
    return {result["invariant"]: result for result in column["results"]}


def run(crosstalk: Crosstalk, runs: Runs, column: tuple[str, str], *more: str) -> int:
    options = [f"--worker-model={column[0]}", f"--server={column[1]}", "--users=8", "--seed=5", *more]
    return crosstalk("run", *options, f"--reports={runs.reports}").wait()


@pytest.mark.parametrize("column", COLUMNS, ids="-".join)
def test_what_is_shared_rightly_is_silent_and_was_looked_at(
    crosstalk: Crosstalk, runs: Runs, column: tuple[str, str]
) -> None:
    code = run(crosstalk, runs, column, f"--scenarios={SHARED}", "--operations=900", "--concurrency=3")
    found = results(runs)
    assert [result["violations"] for result in found.values() if result["violations"]] == []
    assert all(found[law]["looked"] for law in ("I0", "I4", "I10", "G", "ACCOUNTING"))
    assert found["ACCOUNTING"]["facts"]["cached"] > 0
    assert found["ACCOUNTING"]["doubts"] == []
    assert found["I10"]["facts"]["objects"] > 900
    assert code in (0, 2)  # so few operations may not be evidence enough


@pytest.mark.parametrize("column", COLUMNS, ids="-".join)
@pytest.mark.parametrize(("target", "scenario", "law", "anomaly"), ALARMS, ids=[row[0] for row in ALARMS])
def test_what_is_shared_wrongly_is_found(  # noqa: PLR0917 - a row of the table, on a column
    crosstalk: Crosstalk,
    runs: Runs,
    column: tuple[str, str],
    target: str,
    scenario: str,
    law: str,
    anomaly: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "careless.py").write_text(CARELESS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    asked = [f"--target=careless:{target}", f"--scenarios={scenario}", "--operations=200", "--concurrency=3"]
    assert run(crosstalk, runs, column, *asked) == 1
    result = results(runs)[law]
    of_this_kind = [one for one in result["violations"] if one["anomaly"] == anomaly]
    assert of_this_kind
    if anomaly in IN_TWOS:
        assert all(len(one["operations"]) == 2 for one in of_this_kind), of_this_kind
