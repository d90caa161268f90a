"""The seeded stream: repeatable, with canaries of its own, and everything of the mix in it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import islice, pairwise

import pytest

from harness.history.canary import CanaryKind, split_canary, to_text
from harness.history.scenarios import PROBED, Scenario
from harness.workload.maker import LOG_ENTRIES_MAX
from harness.workload.mix import DEFAULT_MIX, make_mix
from harness.workload.operation import Item, Manner, Operation, Policy, SessionKind
from harness.workload.stream import Workload


def items(count: int, *, seed: int = 7, worker: int = 0, client: int = 3) -> list[Item]:
    return list(islice(Workload(seed, worker, client), count))


def operations(count: int, **where: int) -> list[Operation]:
    return [operation for item in items(count, **where) for operation in item.operations]


def test_the_same_seed_gives_the_same_stream() -> None:
    assert items(300) == items(300)


@pytest.mark.parametrize("other", [{"seed": 8}, {"worker": 1}, {"client": 4}])
def test_another_seed_worker_or_client_gives_another_stream(other: dict[str, int]) -> None:
    def shape(stream: list[Operation]) -> list[tuple[Scenario, str, int]]:
        return [(operation.scenario, operation.source, operation.pause_ms) for operation in stream]

    assert shape(operations(50)) != shape(operations(50, **other))


def test_the_stream_does_not_depend_on_the_process() -> None:
    code = (
        "from itertools import islice\n"
        "from harness.workload.stream import Workload\n"
        "print([o.path for i in islice(Workload(7, 0, 3), 40) for o in i.operations])\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": "99"}
    ).stdout
    expected = [operation.path for item in islice(Workload(7, 0, 3), 40) for operation in item.operations]
    assert output.strip() == str(expected)


def test_every_operation_has_a_canary_of_its_own_that_names_its_client() -> None:
    found = [operation.canary for operation in operations(2_000, worker=5, client=9)]
    assert len(set(found)) == len(found)
    assert {split_canary(canary)[:3] for canary in found} == {(CanaryKind.OPERATION, 5, 9)}
    numbers = [split_canary(canary).number for canary in found]
    assert numbers == list(range(1, len(found) + 1))


def test_all_scenarios_come_about_as_often_as_their_weights_say() -> None:
    drawn = Counter(item.operations[0].scenario for item in items(6_000))
    assert set(drawn) == set(DEFAULT_MIX) - {Scenario.GET}
    assert drawn[Scenario.COLD_START] == 1
    assert drawn[Scenario.ECHO] > 5 * drawn[Scenario.BASE_EXCEPTION]
    everything = {operation.scenario for operation in operations(6_000)}
    assert everything == PROBED


def test_the_first_item_is_the_cold_start_burst() -> None:
    first, second = items(2)
    assert first.manner is Manner.PARALLEL
    assert {operation.scenario for operation in first.operations} == {Scenario.COLD_START}
    assert {operation.policy for operation in first.operations} == {Policy.FRESH}
    assert second.operations[0].scenario is not Scenario.COLD_START


def test_without_the_burst_a_client_begins_with_something_else() -> None:
    stream = Workload(7, 0, 3, make_mix(without=["cold_start"]))
    assert Scenario.COLD_START not in {
        each.scenario for item in islice(stream, 500) for each in item.operations
    }


def test_a_page_is_asked_for_through_the_shared_cache_and_looks_the_same_for_all_callers() -> None:
    mix = make_mix(only=["shared_page"])
    asked = [
        [operation for item in islice(Workload(7, 0, client, mix), 60) for operation in item.operations]
        for client in (1, 2)
    ]
    pages = [{o.path for o in stream if o.scenario is Scenario.SHARED_PAGE} for stream in asked]
    assert pages[0] == pages[1] == {"/page/0", "/page/1", "/server/page/0", "/server/page/1"}
    for operation in (o for stream in asked for o in stream if o.scenario is Scenario.SHARED_PAGE):
        assert operation.shared_cache
        assert operation.session
        assert (operation.cookies, operation.policy) == ((), Policy.FRESH)
    assert not any(operation.shared_cache for operation in operations(300) if "/page/" not in operation.path)


def test_a_client_that_leaves_a_stream_sometimes_resets_as_the_seed_has_it() -> None:
    def leaving() -> list[bool]:
        stream = islice(Workload(7, 0, 3, make_mix(only=["stream_disconnect"])), 40)
        return [operation.resets for item in stream for operation in item.operations]

    assert set(leaving()) == {True, False}
    assert leaving() == leaving()


def test_a_cancelled_call_of_the_backend_is_followed_by_another() -> None:
    for item in islice(Workload(7, 0, 3, make_mix(only=["backend_cancel"])), 10):
        scenarios = [operation.scenario for operation in item.operations]
        assert scenarios == [Scenario.BACKEND_CANCEL, Scenario.BACKEND]


def test_a_parallel_group_in_one_session_is_followed_by_a_read_of_it() -> None:
    groups = 0
    for item, after in pairwise(items(3_000)):
        if item.operations[0].scenario is not Scenario.SESSION_PARALLEL:
            continue
        groups += 1
        assert item.manner is Manner.PARALLEL
        sessions = {(operation.store, operation.session) for operation in item.operations}
        assert len(sessions) == 1
        assert after.operations[0].scenario is Scenario.SESSION_READ
        assert (after.operations[0].store, after.operations[0].session) in sessions
    assert groups


def test_sessions_are_used_after_their_login_and_left_before_they_are_too_long() -> None:
    begun: dict[SessionKind, int] = {}
    written: Counter[int] = Counter()
    for operation in operations(5_000):
        if operation.scenario is Scenario.LOGIN:
            assert not operation.sends_session
            assert operation.session not in begun.values()
            begun[operation.store] = operation.session
        elif operation.sends_session:
            assert operation.session == begun[operation.store]
        elif operation.scenario is not Scenario.SESSION_UNKNOWN:
            assert operation.session == 0
        written[operation.session] += operation.writes
    assert len(written) > 20
    # A group of four may begin with one entry left.
    assert max(written.values()) <= LOG_ENTRIES_MAX + 3


def test_a_path_says_which_store_its_session_is_in() -> None:
    for operation in operations(2_000):
        assert operation.path.startswith("/server/") is (operation.store is SessionKind.SERVER)


def test_anonymous_requests_are_in_the_mix_while_a_session_is_held() -> None:
    later = operations(3_000)[500:]
    echoes = [operation for operation in later if operation.scenario is Scenario.ECHO]
    anonymous = [operation for operation in echoes if not operation.session]
    assert 0 < len(anonymous) < len(echoes) / 3


def test_a_forgotten_session_is_logged_in_again() -> None:
    workload = Workload(1, 0, 0, make_mix(only=["session_append"]))
    before = [next(workload).operations[0] for _ in range(20)]
    assert {o.store for o in before if o.scenario is Scenario.SESSION_APPEND} == set(SessionKind)
    for store in SessionKind:
        workload.forget_session(store)
    after: dict[SessionKind, Scenario] = {}
    for _ in range(20):
        operation = next(workload).operations[0]
        after.setdefault(operation.store, operation.scenario)
    assert set(after.values()) == {Scenario.LOGIN}


def test_a_read_that_was_planned_is_dropped_with_its_session() -> None:
    workload = Workload(3, 0, 0, make_mix(only=["session_parallel"]))
    while (item := next(workload)).operations[0].scenario is not Scenario.SESSION_PARALLEL:
        pass
    workload.forget_session(item.operations[0].store)
    assert next(workload).operations[0].scenario is not Scenario.SESSION_READ


def test_put_is_followed_by_its_get_over_new_connections() -> None:
    puts = [item for item in items(1_000) if item.operations[0].scenario is Scenario.PUT]
    for item in puts:
        put, get = item.operations
        assert get.scenario is Scenario.GET
        assert put.key == get.key
        assert put.policy is get.policy is Policy.FRESH
        assert put.body == to_text(put.value).encode()
        assert split_canary(put.value).kind == CanaryKind.VALUE
    assert len({item.operations[0].value for item in puts}) == len(puts)


def test_clients_bind_several_sources_unless_there_are_none() -> None:
    assert len({operation.source for operation in operations(200)}) > 4
    unbound = Workload(7, 0, 3, DEFAULT_MIX, sources=())
    assert {o.source for item in islice(unbound, 200) for o in item.operations} == {""}


def test_a_pipeline_is_one_connection_that_stays_open() -> None:
    for item in items(3_000):
        if item.manner is Manner.PIPELINED:
            assert len({(operation.policy, operation.source) for operation in item.operations}) == 1
            assert item.operations[0].policy is not Policy.FRESH


def test_an_item_can_be_cut_for_a_budget() -> None:
    item = items(1)[0]
    assert item.first(2).operations == item.operations[:2]
    assert item.first(99) is item
