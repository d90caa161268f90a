"""What a target keeps of its requests is found when its processes end, on every server; else nothing is."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.history.canary import WRAPPER_HEADER, CanaryKind, make_canary, to_text
from harness.history.layout import Freed, Kind, Remains
from harness.history.reader import open_journal
from harness.history.scenarios import Scenario
from harness.workers.running import RunningTarget, start_target
from harness.workers.spec import Spec
from harness.workers.table import Hosting, all_hostings

#: Its views keep nothing, the request, or the request context in a cycle that only a collector frees.
KEEPING = """
import gc
from targetapp.framework import App, Request, g, request
from targetapp.framework.globals import request_var

gc.disable()
KEPT = []


def create():
    app = App("keeping", static_folder=None)
    app.add_url_rule("/ok", "ok", lambda: "ok")

    @app.get("/keep")
    def keep():
        KEPT.append(request_var.get().request)
        return "kept"

    @app.get("/cycle")
    def cycle():
        context = request_var.get()
        context.itself = context
        return "in a circle"

    @app.get("/error")
    def error():
        raise ValueError("as asked for")

    app.logger.disabled = True
    return app
"""
KEPT, CIRCLED = range(1, 4), range(11, 14)
SpecMaker = Callable[[Hosting, Path, str], Spec]


def canary(number: int) -> int:
    return make_canary(CanaryKind.OPERATION, 0, 0, number)


def ask(target: RunningTarget, path: str, number: int) -> None:
    op = to_text(canary(number))
    header = f"{op}.{0:016x}.{Scenario.ECHO:02x}"
    connection = http.client.HTTPConnection(*target.address, timeout=30)
    try:
        connection.request("GET", path, headers={WRAPPER_HEADER: header, "Connection": "close"})
        connection.getresponse().read()
    finally:
        connection.close()


def remains(spec: Spec) -> set[tuple[int, Remains, Freed]]:
    """Return what the target's censuses counted; every process has taken one."""
    found = set()
    for path in Path(spec.journal_dir).glob("*.journal"):
        batches = open_journal(path, "server/1", spec.run).batches()
        rows = [row for batch in batches for row in batch.records if row["kind"] == Kind.CENSUS]
        (summary,) = (row for row in rows if row["point"] == Remains.SUMMARY)
        assert summary["value"] > 0
        found |= {
            (int(row["op"]) & 0xFFFF, Remains(int(row["point"])), Freed(int(row["detail"])))
            for row in rows
            if row["point"] != Remains.SUMMARY
        }
    return found


@pytest.fixture(params=all_hostings(), ids=lambda hosting: hosting.column)
def spec(
    request: pytest.FixtureRequest, tmp_path: Path, make_spec: SpecMaker, monkeypatch: pytest.MonkeyPatch
) -> Spec:
    (tmp_path / "keeping.py").write_text(KEEPING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    # One worker: what it handled last is spared, so that comes after everything else.
    return replace(make_spec(request.param, tmp_path, "keeping:create"), concurrency=1)


def test_what_is_kept_is_found_and_how_it_would_be_freed(spec: Spec) -> None:
    with start_target(spec) as target:
        for number in KEPT:
            ask(target, "/keep", number)
        for number in CIRCLED:
            ask(target, "/cycle", number)
        for number in range(21, 27):
            ask(target, "/ok", number)
    assert remains(spec) == {
        *((number, Remains.REQUEST, Freed.NEVER) for number in KEPT),
        *((number, what, Freed.BY_COLLECTOR) for number in CIRCLED for what in list(Remains)[1:]),
    }


def test_a_target_that_keeps_nothing_is_silent(spec: Spec) -> None:
    with start_target(spec) as target:
        for number in range(1, 31):
            ask(target, "/error" if number % 3 == 0 else "/nowhere" if number % 5 == 0 else "/ok", number)
    assert remains(spec) == set()


def test_who_is_not_asked_takes_no_census(tmp_path: Path, make_spec: SpecMaker) -> None:
    made = make_spec(next(iter(all_hostings())), tmp_path, "targetapp.probes:create_app")
    with start_target(replace(made, census=False)) as target:
        ask(target, "/ids", 1)
    (path,) = Path(made.journal_dir).glob("*.journal")
    kinds = {int(row["kind"]) for batch in open_journal(path, "s").batches() for row in batch.records}
    assert Kind.EXIT in kinds
    assert Kind.CENSUS not in kinds
