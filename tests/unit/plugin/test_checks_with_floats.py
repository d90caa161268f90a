"""However many checks a test run has made, a float carries a canary; and other checks are told apart."""

from __future__ import annotations

from harness.blackbox.searching import find_canaries
from harness.history.canary import split_canary
from harness.plugin.checking import _draw_worker
from harness.workload.routes import read_requests
from harness.workload.visits import Visits

FLOAT = read_requests("GET /at/{canary:float}")
TEXT = read_requests("GET /at/{canary}")


def test_the_twentieth_check_s_floats_carry_canaries() -> None:
    workers = [_draw_worker(FLOAT) for _ in range(20)]
    for worker in workers:
        path = next(Visits(1, worker, 7, FLOAT)).operations[0].path
        (found,) = find_canaries(path.encode())
        assert split_canary(found)[1:3] == (worker, 7)
    assert len(set(workers[:16])) == 16


def test_other_checks_have_workers_of_their_own() -> None:
    floats, others = {_draw_worker(FLOAT) for _ in range(20)}, [_draw_worker(TEXT) for _ in range(200)]
    assert len(set(others)) == 200
    assert not floats & set(others)
