"""Master and workers together: every recording arrives whole, or its absence is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest

from harness.history.reader import open_journal
from harness.load.locust import spool as worker_spool
from harness.load.locust import worker as worker_end
from harness.load.locust.wire import JOURNAL, Chunk, Claim, End, Fault, Grant, Hello, name_of, write
from tests.unit.load_locust.network import FakeRunner, Fate, Letter, Network, work
from tests.unit.load_locust.recordings import RUN

MakeNetwork = Callable[..., Network]


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeNetwork]:
    monkeypatch.setattr(worker_spool, "RESEND_AFTER_S", 0.05)
    monkeypatch.setattr(worker_end, "DELIVER_EVERY_S", 0.01)
    monkeypatch.setattr(worker_end, "END_AGAIN_S", 0.05)
    made: list[Network] = []

    def make(workers: int, fate: Fate = lambda letter: 1) -> Network:
        made.append(Network(tmp_path, workers, fate))
        return made[-1]

    yield make
    for each in made:
        each.close()


def once_lost(*kinds: type) -> Fate:
    """Lose the first message of each of these kinds from or to each node."""
    seen: set[tuple[str, str, str]] = set()
    names = {name_of(kind) for kind in kinds}

    def fate(letter: Letter) -> int:
        key = (letter.sender, letter.to, letter.name)
        if letter.name in names and key not in seen:
            seen.add(key)
            return 0
        return 1

    return fate


def twice(letter: Letter) -> int:
    # A claim is a request for tickets: the runners' sockets don't repeat it, and neither do we.
    return 1 if letter.name in (name_of(Claim), name_of(Grant)) else 2


@pytest.mark.parametrize(
    "fate",
    [lambda letter: 1, twice, once_lost(Chunk), once_lost(End), once_lost(Chunk, End)],
    ids=["in order", "everything twice", "a chunk lost", "the end lost", "both lost"],
)
def test_every_recording_arrives(network: MakeNetwork, tmp_path: Path, fate: Fate) -> None:
    net = network(3, fate)
    office = net.begin(operations=50)
    jobs = [gevent.spawn(work, worker) for worker in net.workers]
    assert net.over.wait(10)
    assert net.master.collect() == []
    assert sum(job.get(timeout=5) for job in jobs) == 50
    assert office.is_over
    facts = [open_journal(tmp_path / f"{n}.journal", "client", RUN).facts for n in range(3)]
    assert sum(fact.committed for fact in facts) == 50
    assert all(fact.closed and not fact.gaps for fact in facts)
    assert net.master.load_workers == 3
    assert all(worker.delivered and worker._part is None for worker in net.workers)


def test_a_worker_without_users_is_no_gap(network: MakeNetwork) -> None:
    net = network(2)
    net.begin(operations=10)
    gevent.spawn(work, net.workers[0])
    assert net.over.wait(10)
    assert net.master.collect() == []


def test_a_worker_that_dies_is_missed_and_its_tickets_are_not_waited_for(network: MakeNetwork) -> None:
    net = network(2)
    net.begin(operations=40, drain_timeout_s=0.3)
    while net.workers[1]._part is None:
        gevent.sleep(0)
    net.workers[1]._part.side._link.claim(0, True)  # it takes a share and is never heard of again
    while not net.workers[1]._part.side._tickets:
        gevent.sleep(0)
    net.unplugged.add("node-1")
    net.clients["node-1"].state = "missing"
    gevent.spawn(work, net.workers[0])
    assert net.over.wait(10)
    (doubt,) = net.master.collect()
    assert doubt.startswith("load worker 1 did not deliver all it recorded")


def test_a_worker_that_said_goodbye_without_delivering_is_missed_at_once(network: MakeNetwork) -> None:
    net = network(2)
    net.begin(drain_timeout_s=60)
    while net.workers[1]._part is None:
        gevent.sleep(0)
    net.unplugged.add("node-1")
    del net.clients["node-1"]
    with gevent.Timeout(10):
        (doubt,) = net.master.collect()
    assert "load worker 1" in doubt


def test_a_worker_that_comes_late_is_told_the_plan(network: MakeNetwork) -> None:
    net = network(1)
    net.begin(operations=30)
    late = net.add_worker()
    net.workers.append(late)
    late.start()
    while late._part is None:
        gevent.sleep(0)
    assert late._part.plan.worker == 1
    gevent.spawn(work, net.workers[0])
    assert net.over.wait(10)
    assert net.master.collect() == []
    assert net.master.load_workers == 2


def test_nobody_is_enlisted_when_there_is_no_run(network: MakeNetwork) -> None:
    net = network(1)
    net.workers[0].start()
    gevent.sleep(0.01)
    assert net.workers[0]._part is None
    assert net.master.collect() == []


def test_a_worker_of_another_version_is_turned_away(network: MakeNetwork) -> None:
    net = network(0)
    net.begin()
    stranger = FakeRunner(net, "stranger")
    net.runners["stranger"] = stranger
    net.index["stranger"] = 9
    stranger.send_message(name_of(Hello), write(Hello(99)))
    gevent.sleep(0.01)
    assert net.master.collect() == ["a Locust worker was turned away: it runs another version of crosstalk"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (name_of(Chunk), write(Chunk(RUN, JOURNAL, 0, b"x" * 4096))),
        (name_of(Claim), write(Claim(RUN, 10**9, True))),
        (name_of(End), write(End(RUN, b"", 0, 0))),
        (name_of(Fault), write(Fault(RUN, "\x1b[2J"))),
        (name_of(Chunk), ["no", "message"]),
        (name_of(Claim), {"run": RUN, "finished": "many", "wanted": 1}),
        (name_of(Claim), write(Claim("another-run", 0, True))),
    ],
)
def test_a_stranger_changes_nothing(network: MakeNetwork, tmp_path: Path, name: str, data: object) -> None:
    net = network(1)
    office = net.begin(operations=5)
    stranger = FakeRunner(net, "stranger")
    net.runners["stranger"] = stranger
    stranger.send_message(name, data)
    gevent.sleep(0.01)
    assert (office.left, net.faults) == (5, [])
    gevent.spawn(work, net.workers[0])
    assert net.over.wait(10)
    assert net.master.collect() == []
    assert {path.name for path in tmp_path.iterdir()} == {"0.journal"}


def test_a_worker_s_failure_ends_the_run_and_is_made_inert(network: MakeNetwork) -> None:
    net = network(1)
    net.begin()
    while net.workers[0]._part is None:
        gevent.sleep(0)
    net.workers[0]._part.side.fault("the load failed: \x1b[31mred")
    while not net.faults:
        gevent.sleep(0)
    net.master.collect()
    assert net.faults == ["load worker 0: the load failed: ?[31mred"]


def test_a_worker_that_can_t_record_says_so(network: MakeNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(run: str, disk_max_mb: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(worker_end, "Spool", no_space)
    net = network(1)
    net.begin(drain_timeout_s=0.2)
    while not net.faults:
        gevent.sleep(0)
    assert net.master.collect() == []  # told once; that nothing was delivered is no second failure
    assert net.faults == ["load worker 0: it can't record: No space left on device"]
    assert not net.workers[0].delivered


def test_the_next_run_of_the_same_workers_is_another(network: MakeNetwork, tmp_path: Path) -> None:
    net = network(2)
    for number in range(2):
        net.folder = tmp_path / str(number)
        net.folder.mkdir()
        net.over.clear()
        net.begin(operations=10)
        for worker in net.workers:
            gevent.spawn(work, worker)
        assert net.over.wait(10)
        assert net.master.collect() == []
    assert len(list(tmp_path.glob("*/*.journal"))) == 4


def test_a_target_on_every_address_of_the_master_s_host_is_reached_there(network: MakeNetwork) -> None:
    net = network(1)
    net.runners["node-0"].master_host = "192.0.2.7"
    net.begin()
    while net.workers[0]._part is None:
        gevent.sleep(0)
    assert net.workers[0]._part.plan.host == "192.0.2.7"
    net.master.collect()
