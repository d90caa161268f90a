"""What requests share, on real servers: sharing it wrongly is found, sharing it rightly is silent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.cli.conftest import Crosstalk
from tests.integration.locust.locusts import Runs

SHARED = "backend,backend_cancel,shared_page,static,session_open_error,job"
GTHREAD, GEVENT, SYNC = ("thread", "gthread"), ("greenlet", "gevent"), ("process", "sync")
TARGETS = "tests.integration.cli.careless_targets"
#: what is shared wrongly, on which column, the scenario that shows it, the law it breaks, and an anomaly
ALARMS = [
    ("keeping_backend", GTHREAD, "backend_cancel", "G", "foreign-backend-reply"),
    ("keeping_backend", GEVENT, "backend_cancel", "G", "foreign-backend-reply"),
    ("keeping_backend", SYNC, "backend_cancel", "G", "foreign-backend-reply"),
    ("page_without_vary", GTHREAD, "shared_page", "I4", "foreign-shared-page"),
    ("static_with_cookie", SYNC, "static", "I4", "wrong-set-cookie-count"),
    ("leaving_jobs", GTHREAD, "job", "I0", "left-behind"),
    ("leaving_jobs", GEVENT, "job", "I0", "left-behind"),
]
IN_TWOS = {"foreign-backend-reply", "foreign-shared-page", "left-behind"}


def results(runs: Runs) -> dict[str, dict[str, Any]]:
    (column,) = runs.verdict()["columns"]
    return {result["invariant"]: result for result in column["results"]}


def run(crosstalk: Crosstalk, runs: Runs, column: tuple[str, str], *more: str) -> int:
    # One worker process: what one request leaves there, the next one finds.
    more = (*more, "--concurrency=1") if column[0] == "process" else more
    options = [f"--worker-model={column[0]}", f"--server={column[1]}", "--users=8", "--seed=5", *more]
    process = crosstalk("run", *options, f"--reports={runs.reports}")
    code = process.wait()
    assert code != 3, process.output
    return code


@pytest.mark.parametrize("column", [GTHREAD, GEVENT, SYNC], ids="-".join)
def test_what_is_shared_rightly_is_silent_and_was_looked_at(
    crosstalk: Crosstalk, runs: Runs, column: tuple[str, str]
) -> None:
    code = run(crosstalk, runs, column, f"--scenarios={SHARED}", "--operations=900")
    found = results(runs)
    assert [result["violations"] for result in found.values() if result["violations"]] == []
    assert all(found[law]["looked"] for law in ("I0", "I4", "I10", "G", "ACCOUNTING"))
    assert found["ACCOUNTING"]["facts"]["cached"] > 0
    assert found["ACCOUNTING"]["doubts"] == []
    assert found["I10"]["facts"]["objects"] > 900
    assert code in (0, 2)  # so few operations may not be evidence enough


@pytest.mark.parametrize(
    ("target", "column", "scenario", "law", "anomaly"),
    ALARMS,
    ids=["-".join((row[0], *row[1])) for row in ALARMS],
)
def test_what_is_shared_wrongly_is_found(  # noqa: PLR0917 - a row of the table
    crosstalk: Crosstalk,
    runs: Runs,
    target: str,
    column: tuple[str, str],
    scenario: str,
    law: str,
    anomaly: str,
) -> None:
    asked = [f"--target={TARGETS}:{target}", f"--scenarios={scenario}", "--operations=200"]
    assert run(crosstalk, runs, column, *asked) == 1
    result = results(runs)[law]
    of_this_kind = [one for one in result["violations"] if one["anomaly"] == anomaly]
    assert of_this_kind
    if anomaly in IN_TWOS:
        assert {len(one["operations"]) for one in of_this_kind} == {2}
