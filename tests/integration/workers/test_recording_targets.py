"""What a target's processes leave behind: journals, closed if they ended in order, cut off if not."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.history.canary import HEADER, WRAPPER_HEADER, CanaryKind, make_canary, to_text
from harness.history.facts import JournalFacts
from harness.history.reader import open_journal
from harness.history.scenarios import Scenario
from harness.history.steps import Step
from harness.store.runs import read_doubts
from harness.workers.running import RunningTarget, start_target
from harness.workers.spec import DEFAULT_TARGET, Spec
from harness.workers.table import Hosting, all_hostings

pytest.importorskip("flask")

SpecMaker = Callable[..., Spec]
WAIT_S = 20
#: A target whose contexts are known, so that it records.
RECORDING = """
import os
import flask

def create():
    app = flask.Flask(__name__)
    app.add_url_rule("/pid", view_func=lambda: str(os.getpid()), endpoint="pid")
    return app
"""


@pytest.fixture
def spec_of(make_spec: SpecMaker, tmp_path: Path) -> SpecMaker:
    (tmp_path / "recording.py").write_text(RECORDING)

    def make(hosting: Hosting, **changes: Any) -> Spec:
        return make_spec(hosting.model.name, hosting.server.name, target="recording:create", **changes)

    return make


def operation(number: int) -> str:
    return to_text(make_canary(CanaryKind.OPERATION, 0, 0, number))


def exchange(target: RunningTarget, path: str, number: int) -> bytes:
    """Send one operation over a fresh connection; return the body of its answer."""
    op = operation(number)
    headers = {HEADER: op, WRAPPER_HEADER: f"{op}.{0:016x}.{Scenario.ECHO:02x}", "Connection": "close"}
    connection = http.client.HTTPConnection(*target.address, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        assert response.status == 200
        return response.read()
    finally:
        connection.close()


def operate(target: RunningTarget, numbers: range) -> list[int]:
    """Send operations one after another; return the pids that served them."""
    return [int(exchange(target, "/pid", number)) for number in numbers]


def journals(spec: Spec) -> dict[int, JournalFacts]:
    found = [
        open_journal(path, path.stem, spec.run).facts for path in Path(spec.journal_dir).glob("*.journal")
    ]
    return {facts.pid: facts for facts in found}


def hosting(column: str) -> Hosting:
    return next(hosting for hosting in all_hostings() if hosting.column == column)


@pytest.mark.parametrize("hosting", all_hostings(), ids=lambda hosting: hosting.column)
def test_each_process_closes_its_journal(spec_of: SpecMaker, hosting: Hosting) -> None:
    spec = spec_of(hosting)
    with start_target(spec) as target:
        assert target.announcement is not None
        assert target.announcement.records
        pids = operate(target, range(1, 41))
        assert target.stop().doubts() == ()
    left = journals(spec)
    assert set(left) == set(pids)
    assert all(facts.closed and not facts.lost and not facts.torn for facts in left.values())
    assert sum(facts.committed for facts in left.values()) >= 40 * 3  # enter, return, exit at least


@pytest.mark.parametrize("model", ["thread", "greenlet", "process"])
def test_the_default_target_records_every_step(make_spec: SpecMaker, model: str) -> None:
    spec = make_spec(model, target=DEFAULT_TARGET)
    with start_target(spec) as target:
        for number in range(1, 11):
            exchange(target, f"/nested/{operation(number)}", number)
    left = journals(spec)
    assert all(facts.closed for facts in left.values())
    assert sum(facts.committed for facts in left.values()) >= 10 * len(Step)


def test_a_killed_worker_leaves_what_it_committed(spec_of: SpecMaker) -> None:
    spec = spec_of(hosting("process-sync"), concurrency=2)
    with start_target(spec) as target:
        victim = psutil.Process(operate(target, range(1, 2))[0])
        victim.send_signal(signal.SIGKILL)
        victim.wait(WAIT_S)
        others = set(operate(target, range(2, 22)))
    left = journals(spec)
    assert victim.pid not in others
    assert not left[victim.pid].closed
    assert left[victim.pid].committed >= 3
    assert all(left[pid].closed for pid in others)


@pytest.mark.parametrize("column", ["thread-waitress", "greenlet-gevent", "process-sync"])
def test_a_killed_target_leaves_what_it_committed(spec_of: SpecMaker, column: str) -> None:
    spec = spec_of(hosting(column))
    with start_target(spec) as target:
        pids = set(operate(target, range(1, 11)))
        os.killpg(target.pid, signal.SIGKILL)
        assert target.wait(WAIT_S)
    left = journals(spec)
    assert set(left) == pids
    assert not any(facts.closed for facts in left.values())
    assert sum(facts.committed for facts in left.values()) >= 30


def test_journals_stay_within_their_limit_and_say_what_they_lost(spec_of: SpecMaker) -> None:
    spec = spec_of(hosting("thread-waitress"), disk_max_mb=0)
    with start_target(spec) as target:
        operate(target, range(1, 11))
    (facts,) = journals(spec).values()
    assert facts.lost >= 30
    assert facts.committed == 0


def test_a_target_that_cannot_record_serves_on_and_says_so(spec_of: SpecMaker) -> None:
    spec = spec_of(hosting("thread-waitress"))
    with start_target(spec) as target:
        shutil.rmtree(spec.journal_dir)
        assert operate(target, range(1, 3)) == [target.pid] * 2
        assert target.stop().doubts() == ()
    (doubt,) = read_doubts(Path(spec.doubts))
    assert doubt.whose == "disk"
    assert f"process {target.pid} can't record" in doubt.text


def test_a_target_that_is_not_to_record_does_not(spec_of: SpecMaker) -> None:
    spec = spec_of(hosting("thread-gthread"), record=False)
    with start_target(spec) as target:
        operate(target, range(1, 3))
        assert target.announcement is not None
        assert not target.announcement.records
    assert journals(spec) == {}


def test_a_target_without_contexts_we_know_records_nothing(make_spec: SpecMaker) -> None:
    with start_target(make_spec("thread")) as target:
        assert target.announcement is not None
        assert not target.announcement.records
