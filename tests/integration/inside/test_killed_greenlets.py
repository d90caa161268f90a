"""A greenlet that is killed in a view: told as what it is, and torn down like any other request."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.history.canary import WRAPPER_HEADER
from harness.history.layout import TEARDOWNS, Callback, Kind, Outcome, Remains
from harness.history.reader import open_journal
from harness.workers.running import start_target
from harness.workers.spec import Spec
from harness.workers.table import Hosting, look_up

OP = "1000000000000001"
#: Says through a pipe that the view has begun, then never ends by itself.
WAITING = """
import os
import gevent
from targetapp.framework import App

def create():
    app = App("waiting")

    @app.get("/wait")
    def wait():
        with open(os.environ["BEGUN"], "w") as begun:
            begun.write("begun")
        gevent.sleep(600)

    return app
"""


def test_a_killed_greenlet_is_answered_and_torn_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_spec: Callable[[Hosting, Path, str], Spec]
) -> None:
    """On gevent.pywsgi; gunicorn's master kills the whole worker at the moment it would kill greenlets."""
    (tmp_path / "waiting.py").write_text(WAITING)
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("BEGUN", str(begun))
    made = make_spec(look_up("greenlet", "gevent"), tmp_path, "waiting:create")
    spec = replace(made, stop_timeout_s=4.0)
    statuses: list[int] = []
    with start_target(spec) as target:
        connection = http.client.HTTPConnection(*target.address, timeout=60)

        def ask() -> None:
            connection.request("GET", "/wait", headers={WRAPPER_HEADER: f"{OP}.{0:016x}.02"})
            statuses.append(connection.getresponse().status)

        asking = threading.Thread(target=ask)
        asking.start()
        assert begun.read_text() == "begun"
        target.stop()
        asking.join()
    connection.close()
    assert statuses == [500]
    (path,) = Path(spec.journal_dir).glob("*.journal")
    journal = open_journal(path, "server/1", spec.run)
    assert (journal.facts.closed, journal.facts.gaps, journal.facts.torn) == (True, 0, 0)
    records = [record for batch in journal.batches() for record in batch.records]
    told = {int(row["point"]): int(row["detail"]) for row in records if row["kind"] == Kind.TEARDOWN}
    assert told.pop(Callback.APPCONTEXT_POPPED) == Outcome.NONE
    assert told == dict.fromkeys(TEARDOWNS - {Callback.APPCONTEXT_POPPED}, Outcome.BASE)
    left = [int(row["detail"]) for row in records if row["kind"] == Kind.LEFT]
    assert left == [Outcome.BASE]
    *_, last, census = records
    assert Kind(int(last["kind"])) is Kind.EXIT
    assert (Kind(int(census["kind"])), int(census["point"])) == (Kind.CENSUS, Remains.SUMMARY)  # and no more
