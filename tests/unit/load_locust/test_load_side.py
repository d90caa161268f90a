from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from harness.history.reader import open_journal
from harness.load.client import Client
from harness.load.exchange import Completion
from harness.load.locust.local import Ends, LocalEnd
from harness.load.locust.side import SIDES, LoadSide
from harness.load.locust.tickets import TicketOffice
from harness.load.locust.wire import LoadPlan
from harness.workload.operation import Item
from tests.unit.load_locust.network import StubClient
from tests.unit.load_locust.recordings import RUN, places


class Local:
    """The local runner's end, begun."""

    def __init__(self, folder: Path, operations: int | None) -> None:
        self.folder = folder
        self.end = LocalEnd()
        self.over = 0
        self.faults: list[str] = []
        self.office = TicketOffice(operations)
        plan = LoadPlan(RUN, "127.0.0.1", 9, 0, 1, operations is not None, (), True, 0.2, 0.2, 16)
        self.end.begin(plan, self.office, lambda w: places(folder, w), Ends(self._over, self.faults.append))
        side = SIDES.current
        assert side is not None
        self.side: LoadSide = side

    def _over(self) -> None:
        self.over += 1

    def user(self) -> int:
        client: Any = StubClient(self.side)
        sent = 0
        while done := self.side.carry_out(client, next(client._workload)):
            sent += len(done)
        return sent


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    made = Local(tmp_path, 37)
    yield made
    made.end.collect()


def committed(folder: Path) -> int:
    return open_journal(folder / "0.journal", "client/0", RUN).facts.committed


def test_users_share_the_tickets_and_the_end_is_told_once_all_are_used(local: Local, tmp_path: Path) -> None:
    jobs = [gevent.spawn(local.user) for _ in range(8)]
    gevent.joinall(jobs, timeout=10)
    assert sum(job.get() for job in jobs) == 37
    assert local.over >= 1
    assert local.end.operations() == 37
    assert local.end.collect() == []
    assert committed(tmp_path) == 37


def test_more_users_than_tickets(tmp_path: Path) -> None:
    local = Local(tmp_path, 2)
    jobs = [gevent.spawn(local.user) for _ in range(20)]
    gevent.joinall(jobs, timeout=10)
    assert sum(job.get() for job in jobs) == 2
    local.end.collect()


def test_after_the_end_nothing_is_begun(local: Local) -> None:
    local.side.end()
    assert local.user() == 0


class Slow(StubClient):
    """Takes until it is let go."""

    def __init__(self, side: LoadSide) -> None:
        super().__init__(side)
        self.begun = gevent.event.Event()
        self.go = gevent.event.Event()

    def perform(self, item: Item) -> tuple[Completion, ...]:
        self.begun.set()
        self.go.wait()
        return super().perform(item)


def test_a_user_that_is_killed_leaves_its_operation_to_end(local: Local, tmp_path: Path) -> None:
    client: Any = Slow(local.side)
    user = gevent.spawn(local.side.carry_out, client, next(client._workload))
    client.begun.wait()
    user.kill()
    client.go.set()
    local.end.collect()
    assert committed(tmp_path) >= 1


def test_an_operation_that_never_ends_does_not_hold_up_the_end(local: Local) -> None:
    client: Any = Slow(local.side)
    user = gevent.spawn(local.side.carry_out, client, next(client._workload))
    client.begun.wait()
    with gevent.Timeout(5):
        local.end.collect()
    assert user.get(timeout=1) == ()


def test_an_error_of_ours_is_a_fault_and_ends_the_load(local: Local) -> None:
    class Broken(StubClient):
        def perform(self, item: Item) -> tuple[Completion, ...]:
            raise KeyError("secret")

    client: Any = Broken(local.side)
    assert local.side.carry_out(client, next(client._workload)) == ()
    assert local.faults == ["the load failed: KeyError in a client"]
    assert local.user() == 0


def test_the_gate_opens_for_all_at_once(local: Local) -> None:
    order: list[str] = []

    def user(name: str) -> None:
        local.side.wait_for_all()
        order.append(f"{name} in")
        gevent.sleep(0)
        order.append(f"{name} out")

    jobs = [gevent.spawn(user, name) for name in "ab"]
    gevent.sleep(0)
    assert order == []
    local.side.open_gate()
    gevent.joinall(jobs)
    assert order == ["a in", "b in", "a out", "b out"]


def test_clients_have_numbers_of_their_own(local: Local) -> None:
    clients = [local.side.new_client() for _ in range(5)]
    assert [client._client for client in clients if isinstance(client, Client)] == list(range(5))


def test_a_fault_of_several_clients_is_told_once(local: Local) -> None:
    local.side.fault("the load failed: KeyError in a client")
    local.side.fault("the load failed: KeyError in a client")
    assert local.faults == ["the load failed: KeyError in a client"]


@pytest.mark.parametrize("dropped", [0, 3])
def test_details_that_were_not_kept_are_reported_and_no_doubt(
    local: Local, caplog: pytest.LogCaptureFixture, dropped: int
) -> None:
    local.side.recording.details.dropped = dropped
    assert local.end.collect() == []
    assert ("what came back to 3 operations was not kept" in caplog.text) is bool(dropped)
