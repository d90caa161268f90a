"""What a request leaves on its worker is told; each alarm has a twin that leaves nothing, or its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from harness.history.canary import CanaryKind, make_canary, to_text
from harness.history.layout import Residue
from harness.inside.locality import Here, Locality
from harness.inside.residue.inheriting import DOUBTFUL_MAX
from harness.inside.residue.keeping import KEPT_MIN, MARK_EACH
from harness.inside.residue.resources import STAY_MIN, WARM_AFTER
from harness.inside.residue.slots import FULL_EACH, FULL_FIRST
from harness.inside.residue.watch import Watch

Told = tuple[int, int, str, Residue]

#: Canaries of nobody else's: other tests leave some in this process.
WORKER = 77
USER: ContextVar[Any] = ContextVar("seeded_user", default=None)
STACK: ContextVar[Any] = ContextVar("seeded_stack", default=None)
STATE = threading.local()
KEPT: list[str] = []


class Contexts:
    """Where a framework keeps its contexts."""

    def __init__(self) -> None:
        self.app_var: ContextVar[Any] = ContextVar("app")
        self.request_var: ContextVar[Any] = ContextVar("request")


class Bench:
    """A process in miniature: requests of two callers on one worker."""

    def __init__(self, *, full: bool = True, roots: dict[str, object] | None = None) -> None:
        self.told: list[tuple[int, int, int, Residue, int]] = []
        self.locality = Locality()
        self.contexts = Contexts()
        self.watch = Watch(
            lambda *record: self.told.append(record),
            self.locality,
            contexts=self.contexts,
            roots=roots,
            always_full=full,
        )
        self._numbers = {1: 0, 2: 0}

    def request(self, client: int, view: Callable[[str], object] = lambda text: None) -> int:
        """Let a client's next request run; return its canary."""
        self._numbers[client] += 1
        number = make_canary(CanaryKind.OPERATION, WORKER, client, self._numbers[client])
        here = Here(self.locality.here().where, number, 0, 0)
        self.watch.enter(here)
        view("user " + to_text(number))
        self.watch.exit(here)
        return number

    def found(self, *residues: Residue) -> list[tuple[int, int, str]]:
        """Return what was told of these, by name."""
        names = self.watch.names.as_dict()
        return [
            (op, owner, names.get(value, "")) for op, owner, value, what, _ in self.told if what in residues
        ]


@pytest.fixture
def bench() -> Iterator[Bench]:
    one = Bench()
    yield one
    one.watch.stop()
    STATE.__dict__.clear()
    KEPT.clear()


def alone(test: Callable[[], None]) -> None:
    """Run in a context of its own: what is set there is gone afterwards."""
    copy_context().run(test)


def test_a_variable_that_the_next_caller_inherits(bench: Bench) -> None:
    def story() -> None:
        first = bench.request(1, USER.set)
        second = bench.request(2)
        (told,) = bench.found(Residue.INHERITED)
        assert told == (second, first, f"the ContextVar 'seeded_user' ({__name__}.USER)")

    alone(story)


def test_a_variable_that_is_reset_is_inherited_by_none(bench: Bench) -> None:
    def view(text: str) -> None:
        USER.reset(USER.set(text))

    def story() -> None:
        bench.request(1, view)
        bench.request(2, view)
        assert bench.told == []

    alone(story)


def test_a_variable_that_every_request_sets_anew_is_no_breach(bench: Bench) -> None:
    def story() -> None:
        bench.request(1, USER.set)
        bench.request(2, USER.set)
        assert bench.found(Residue.INHERITED) == []
        assert len(bench.found(Residue.LEFT)) == 1

    alone(story)


def test_the_same_callers_own_data_is_no_breach(bench: Bench) -> None:
    def story() -> None:
        bench.request(1, USER.set)
        bench.request(1)
        assert bench.found(Residue.INHERITED) == []

    alone(story)


def test_a_variable_without_a_callers_data_is_not_told_of(bench: Bench) -> None:
    def story() -> None:
        bench.request(1, lambda text: USER.set("de"))
        bench.request(2)
        assert bench.told == []

    alone(story)


def test_a_container_that_changed_inside_is_found(bench: Bench) -> None:
    def story() -> None:
        STACK.set([])
        bench.request(1, lambda text: STACK.get().append(text))
        bench.request(2)
        assert len(bench.found(Residue.INHERITED)) == 1

    alone(story)


def test_a_container_that_is_emptied_again_is_not(bench: Bench) -> None:
    def view(text: str) -> None:
        STACK.get().append(text)
        STACK.get().pop()

    def story() -> None:
        STACK.set([])
        bench.request(1, view)
        bench.request(2, view)
        assert bench.told == []

    alone(story)


def test_a_thread_local_that_the_next_caller_inherits(bench: Bench) -> None:
    first = bench.request(1, lambda text: setattr(STATE, "user", {"name": text}))
    second = bench.request(2)
    (told,) = bench.found(Residue.INHERITED)
    assert told == (second, first, f"the thread-local {__name__}.STATE, attribute 'user'")


def test_a_thread_local_that_is_deleted_is_inherited_by_none(bench: Bench) -> None:
    def view(text: str) -> None:
        STATE.user = text
        del STATE.user

    bench.request(1, view)
    bench.request(2, view)
    assert bench.told == []


def test_a_thread_local_of_another_thread_is_inherited_by_none(bench: Bench) -> None:
    thread = threading.Thread(target=bench.request, args=(1, lambda text: setattr(STATE, "user", text)))
    thread.start()
    thread.join()
    bench.request(2)
    assert bench.found(Residue.INHERITED) == []


def test_thread_locals_are_looked_at_in_a_sample(bench: Bench) -> None:
    sampled = Bench(full=False)
    for _ in range(FULL_FIRST):
        sampled.request(1)
    sampled.request(1, lambda text: setattr(STATE, "user", text))
    for _ in range(FULL_EACH):
        sampled.request(1)
    sampled.request(2)
    sampled.watch.stop()
    assert len(sampled.found(Residue.INHERITED)) == 1


def test_a_context_that_is_current_as_a_request_starts(bench: Bench) -> None:
    def story() -> None:
        bench.contexts.app_var.set(object())
        number = bench.request(1)
        assert bench.found(Residue.ACTIVE_AT_START) == [(number, 0, "the app context")]

    alone(story)


def test_no_context_is_current_as_a_request_starts(bench: Bench) -> None:
    bench.request(1)
    assert bench.found(Residue.ACTIVE_AT_START) == []


def test_a_context_that_a_job_leaves_on_a_pools_thread(bench: Bench) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(bench.contexts.request_var.set, "a context").result()
        pool.submit(bool).result()
    # Told after each job: the thread is idle then.
    assert {name for _, _, name in bench.found(Residue.ACTIVE_WHEN_IDLE)} == {"the request context"}


def test_a_job_in_a_copy_of_the_context_leaves_nothing(bench: Bench) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(copy_context().run, bench.contexts.request_var.set, "a context").result()
    assert bench.told == []


def test_a_pools_thread_that_passes_on_a_callers_data(bench: Bench) -> None:
    numbers = [bench.request(client) for client in (1, 2)]
    one, two = ("user " + to_text(number) for number in numbers)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(USER.set, one).result()
        pool.submit(len, two).result()
    (told,) = bench.found(Residue.INHERITED)
    assert told[:2] == (numbers[1], numbers[0])


def test_a_pools_thread_of_one_caller(bench: Bench) -> None:
    one = "user " + to_text(bench.request(1))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(USER.set, one).result()
        pool.submit(len, one).result()
    assert bench.found(Residue.INHERITED) == []


def test_pools_are_left_as_they_were() -> None:
    from concurrent.futures import thread

    before = thread._WorkItem.run
    one = Bench()
    assert thread._WorkItem.run is not before
    one.watch.stop()
    assert thread._WorkItem.run is before


def stay(bench: Bench, number: int) -> list[tuple[int, int, str]]:
    """Let *number* threads stay after the process was warm; return what is told at the end."""
    done = threading.Event()
    for _ in range(WARM_AFTER + 1):
        bench.request(1)
    threads = [threading.Thread(target=done.wait) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        bench.watch.finish()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    return bench.found(Residue.THREADS)


def test_threads_that_stay_are_told_of(bench: Bench) -> None:
    ((_, _, name),) = stay(bench, STAY_MIN)
    assert name == f"{STAY_MIN} threading.Event.wait"


def test_a_few_threads_are_a_pool(bench: Bench) -> None:
    assert stay(bench, STAY_MIN - 1) == []


def test_a_look_back_counts_the_requests(bench: Bench) -> None:
    bench.request(1)
    bench.watch.finish()
    bench.watch.finish()
    assert [(value, what) for _, _, value, what, _ in bench.told] == [(1, Residue.SUMMARY)]


def kept_by(bench: Bench, first: int, view: Callable[[str], object], later: int) -> list[Residue]:
    """Let *first* requests do this, and *later* ones nothing; return what is told of KEPT at the end."""
    for _ in range(first):
        bench.request(1, view)
    for _ in range(later):
        bench.request(2)
    bench.watch.finish()
    names = bench.watch.names.as_dict()
    return [what for *_, value, what, _ in bench.told if names.get(value, "").startswith(f"{__name__}.KEPT")]


def test_a_log_that_grows_is_kept(bench: Bench) -> None:
    told = kept_by(bench, KEPT_MIN, KEPT.append, 2 * MARK_EACH)
    assert set(told) == {Residue.KEPT}


def test_data_of_a_few_requests_is_held(bench: Bench) -> None:
    assert kept_by(bench, KEPT_MIN - 1, KEPT.append, 2 * MARK_EACH) == [Residue.HELD]


def test_data_of_the_latest_requests_is_held(bench: Bench) -> None:
    assert kept_by(bench, KEPT_MIN, KEPT.append, MARK_EACH - KEPT_MIN) == [Residue.HELD]


def test_what_every_request_overwrites_is_held(bench: Bench) -> None:
    def view(text: str) -> None:
        KEPT[:] = [text]

    assert kept_by(bench, 3 * MARK_EACH, view, 0) == [Residue.HELD]


class Framework:
    """An application, and a request that leads to it."""

    def __init__(self) -> None:
        self.cache: list[str] = []
        self.app = self


@pytest.mark.parametrize("known", [True, False])
def test_what_the_application_holds_is_no_variables_own(known: bool) -> None:
    app = Framework()
    one = Bench(roots={"the application": app} if known else None)

    def view(text: str) -> None:
        app.cache.append(text)
        USER.set({"app": [app]})

    def story() -> None:
        one.request(1)
        one.request(1, view)
        one.request(2)
        assert bool(one.found(Residue.INHERITED)) is not known

    alone(story)
    one.watch.stop()


class Tenant:
    """What several callers share, or one caller's own."""

    def __init__(self) -> None:
        self.recent: list[str] = []


REGISTRY: dict[str, dict[str, Tenant]] = {"tenants": {}}


def in_registry(bench: Bench, key: Callable[[str], str], later: int) -> list[tuple[int, int, str]]:
    """Let two callers set a variable to an entry of a registry; the first makes *later* requests without."""

    def view(text: str) -> None:
        one = REGISTRY["tenants"].setdefault(key(text), Tenant())
        one.recent.append(text)
        USER.set({"tenant": one})

    def story() -> list[tuple[int, int, str]]:
        try:
            bench.request(1)
            bench.request(1, view)
            bench.request(2, view)
            for _ in range(later):
                bench.request(1)
            return bench.found(Residue.INHERITED)
        finally:
            REGISTRY["tenants"].clear()

    return copy_context().run(story)


def test_an_entry_of_a_registry_that_all_share_is_no_variables_own(bench: Bench) -> None:
    assert in_registry(bench, lambda text: "main", 3 * DOUBTFUL_MAX) == []


def test_an_entry_by_a_callers_key_is_that_callers_own(bench: Bench) -> None:
    assert len(in_registry(bench, lambda text: text, 1)) == 1


def test_an_entry_that_only_one_caller_comes_to_is_told_of_after_a_while(bench: Bench) -> None:
    names = iter(("first", "second"))
    assert len(in_registry(bench, lambda text: next(names), DOUBTFUL_MAX + 1)) == 1


def test_an_entry_that_a_caller_alone_has_come_to_so_far_is_not(bench: Bench) -> None:
    names = iter(("first", "second"))
    assert in_registry(bench, lambda text: next(names), DOUBTFUL_MAX) == []


def test_the_first_to_come_to_an_entry_of_a_shared_kind_are_not_told_of(bench: Bench) -> None:
    shared = iter(("both", "both", "first", "second"))

    def view(text: str) -> None:
        one = REGISTRY["tenants"].setdefault(next(shared), Tenant())
        one.recent.append(text)
        USER.set(one)

    def story() -> None:
        bench.request(1)
        for client in (1, 2):
            bench.request(client, view)
        bench.request(1)
        for client in (1, 2):
            bench.request(client, view)
        for _ in range(2 * DOUBTFUL_MAX):
            bench.request(1)
        assert bench.found(Residue.INHERITED) == []

    alone(story)
    REGISTRY["tenants"].clear()


class User:
    """One caller's own, and what leads from it to everybody's."""

    def __init__(self, name: str, tenant: Tenant) -> None:
        self.name = name
        self.tenant = tenant


USERS: list[User] = []


@pytest.mark.parametrize("is_reset", [True, False])
def test_a_callers_own_object_is_inherited_though_it_leads_to_what_is_shared(
    bench: Bench, is_reset: bool
) -> None:
    def view(text: str) -> None:
        tenant = REGISTRY["tenants"].setdefault("main", Tenant())
        tenant.recent.append(text)
        USERS.append(User(text, tenant))
        USER.set(USERS[-1])
        if is_reset:
            USER.set(None)

    def story() -> None:
        bench.request(1)
        for client in (1, 2):
            bench.request(client, view)
        for _ in range(DOUBTFUL_MAX + 1):
            bench.request(1)
        assert bool(bench.found(Residue.INHERITED)) is not is_reset

    alone(story)
    REGISTRY["tenants"].clear()
    USERS.clear()


@pytest.mark.parametrize("is_cache", [True, False])
def test_a_workers_cache_keyed_by_its_callers_is_inherited_by_none(bench: Bench, is_cache: bool) -> None:
    def view(text: str) -> None:
        held = STATE.__dict__.setdefault("held", {})
        held[text if is_cache else "latest"] = [text]

    for _ in range(4):
        bench.request(1, view)
        bench.request(2, view)
    bench.request(1)
    assert bool(bench.found(Residue.INHERITED)) is not is_cache


def test_what_is_left_beside_a_cache_is_inherited(bench: Bench) -> None:
    def view(text: str) -> None:
        cache = STATE.held["cache"] if "held" in STATE.__dict__ else {}
        cache[text] = [text]
        STATE.held = {"cache": cache, "user": text}

    first = [bench.request(client, view) for client in (1, 2)][1]
    second = bench.request(1)
    assert bench.found(Residue.INHERITED) == [
        (second, first, f"the thread-local {__name__}.STATE, attribute 'held'")
    ]


class Worker:
    """Of a server's own making."""

    def handle(self, connection: list[str]) -> None:
        """Serve a connection on which nothing more was sent."""


@pytest.mark.parametrize("servers", [True, False])
def test_a_servers_own_job_is_no_request(bench: Bench, servers: bool) -> None:
    numbers = [bench.request(client) for client in (1, 2)]
    one, two = ("user " + to_text(number) for number in numbers)
    made = type("Worker", (Worker,), {"__module__": "gunicorn.workers.gthread" if servers else "shop"})()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(USER.set, one).result()
        pool.submit(made.handle, [two]).result()
    assert bool(bench.found(Residue.INHERITED)) is not servers
