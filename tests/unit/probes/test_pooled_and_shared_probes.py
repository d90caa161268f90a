"""The probes of what requests share: a backend's connections, a page's URL, a file, a pool of threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from targetapp.framework import App
from targetapp.framework.globals import request_var
from targetapp.probes import backend, jobs, look
from tests.unit.probes.asking import NOTHING, ONE, TWO, Reply, ask, log_in, meet, together

BOTH = pytest.mark.parametrize("prefix", ["", "/server"])
SESSION = "2000000000000001"


class Careless(backend.Client):
    """Puts a connection back whatever happened on it."""

    def __init__(self) -> None:
        super().__init__()
        self.pool.drop = self.pool.give  # type: ignore[method-assign]


@BOTH
def test_a_backend_s_reply_is_the_caller_s_own(app: App, prefix: str) -> None:
    for canary in (ONE, TWO):
        assert ask(app, f"{prefix}/backend/{canary}", canary).json == {"query": canary, "backend": canary}


def test_two_that_ask_the_backend_at_once_keep_to_themselves(app: App) -> None:
    meet()
    one, two = together(lambda: ask(app, f"/backend/{ONE}"), lambda: ask(app, f"/backend/{TWO}", TWO))
    assert (one.json["backend"], two.json["backend"]) == (ONE, TWO)


def cancelled(app: App, canary: str) -> None:
    with pytest.raises(backend.Cancelled) as caught:
        ask(app, f"/backend/{canary}/cancel", canary)
    assert caught.value.canary == int(canary, 16)


def test_a_connection_whose_reply_was_not_read_is_dropped(app: App) -> None:
    cancelled(app, ONE)
    assert ask(app, f"/backend/{TWO}", TWO).json["backend"] == TWO


def test_a_careless_client_is_one_reply_behind_for_ever(app: App) -> None:
    app.extensions[backend.EXTENSION] = Careless()
    cancelled(app, ONE)
    assert ask(app, f"/backend/{TWO}", TWO).json["backend"] == ONE
    assert ask(app, f"/backend/{ONE}").json["backend"] == TWO


@BOTH
def test_a_page_shows_each_caller_its_own_session_and_says_so(app: App, prefix: str) -> None:
    cookie = log_in(app, prefix, SESSION)
    mine = ask(app, f"{prefix}/page/1", cookie=cookie)
    assert mine.json == {"session": SESSION, "made_for": ONE}
    assert "Cookie" in mine.headers["Vary"]
    assert "Set-Cookie" not in mine.headers
    assert ask(app, f"{prefix}/page/1", TWO).json == {"session": NOTHING, "made_for": TWO}


@BOTH
def test_a_file_is_the_same_for_all(app: App, prefix: str) -> None:
    cookie = log_in(app, prefix, SESSION)
    response = ask(app, f"{prefix}/static/probe.txt", cookie=cookie)
    assert (response.status_code, response.data) == (200, b"the same for every caller\n")
    assert "Set-Cookie" not in response.headers
    assert "Vary" not in response.headers


@BOTH
def test_a_session_that_fails_to_open_is_a_500_whose_contexts_are_gone(app: App, prefix: str) -> None:
    told: list[BaseException | None] = []
    app.teardown_request(told.append)
    response = ask(app, f"{prefix}/failing-session/{ONE}")
    assert response.status_code == 500
    assert response.headers["X-Canary-Echo"] == ONE
    assert response.headers["X-Canary-G"] == NOTHING  # nothing before the view ran
    assert [getattr(error, "canary", None) for error in told] == [int(ONE, 16)]
    assert request_var.get(None) is None


@pytest.fixture
def pool(app: App) -> Iterator[jobs.Jobs]:
    pool: jobs.Jobs = app.extensions[jobs.EXTENSION]
    yield pool
    pool.close()
    look.install_carry(None)


@BOTH
@pytest.mark.usefixtures("pool")
def test_a_job_holds_a_copy_and_finds_and_leaves_nothing(app: App, prefix: str) -> None:
    cookie = log_in(app, prefix, SESSION)
    looks: list[tuple[str, bool]] = []
    here = threading.current_thread()
    look.install(lambda point: looks.append((point, threading.current_thread() is here)))
    for canary in (ONE, TWO, ONE):
        response = ask(app, f"{prefix}/job/{canary}", canary, cookie=cookie)
        assert response.json == {
            "query": canary,
            "found": NOTHING,
            "request": canary,
            "g": NOTHING,
            "session": SESSION,
            "left": NOTHING,
        }
        assert "Cookie" in response.headers["Vary"]
    assert looks == [("job_start", False), ("job", False), ("job_end", False)] * 3


def test_a_job_says_what_was_left_on_its_thread(app: App, pool: jobs.Jobs) -> None:
    left = app.test_request_context("/", headers={"X-Canary": TWO})
    threads = threading.Barrier(jobs.THREADS)

    def leave_one() -> dict[str, str]:
        threads.wait(10)
        left.copy().push()
        return {}

    def leave() -> Reply:
        pool.run(leave_one)
        return ask(app, "/ids")

    together(*[leave] * jobs.THREADS)
    response = ask(app, f"/job/{ONE}").json
    assert (response["found"], response["request"], response["left"]) == (TWO, ONE, TWO)


def test_whoever_looks_may_note_whose_work_it_is(app: App, pool: jobs.Jobs) -> None:
    carried: list[str] = []

    def carry(job: look.Job) -> look.Job:
        carried.append(threading.current_thread().name)
        return job

    look.install_carry(carry)
    ask(app, f"/job/{ONE}")
    assert carried == [threading.current_thread().name]


def test_a_forked_process_has_a_pool_of_its_own(pool: jobs.Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pool.run(lambda: {"on": threading.current_thread().name})
    pid = os.getpid()
    inherited = pool._pool
    monkeypatch.setattr(os, "getpid", lambda: pid + 1)
    assert pool.run(lambda: {"on": threading.current_thread().name})["on"].startswith("probe-job")
    assert pool._pool is not inherited
    assert first["on"].startswith("probe-job")
    assert inherited is not None
    inherited.shutdown()


def test_a_job_never_outlives_the_call_that_waits_for_it(
    pool: jobs.Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    class Killed(BaseException):
        pass

    def work() -> dict[str, str]:
        began.set()
        assert may_end.wait(10)
        ended.set()
        return {}

    def interrupted(self: Future[object]) -> object:
        assert began.wait(10)
        raise Killed

    def let_it_end_and_wait(futures: tuple[Future[object], ...]) -> None:
        assert not ended.is_set()
        may_end.set()
        wait(futures)

    monkeypatch.setattr(jobs, "wait", let_it_end_and_wait)
    monkeypatch.setattr(Future, "result", interrupted)
    with pytest.raises(Killed):
        pool.run(work)
    assert ended.is_set()


def test_a_job_that_was_not_begun_never_begins(pool: jobs.Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = threading.Event()

    def submit(self: ThreadPoolExecutor, job: Callable[[], object]) -> Future[object]:
        return Future()

    class Killed(BaseException):
        pass

    def interrupted(self: Future[object]) -> object:
        raise Killed

    monkeypatch.setattr(ThreadPoolExecutor, "submit", submit)
    monkeypatch.setattr(Future, "result", interrupted)

    def work() -> dict[str, str]:
        ran.set()
        return {}

    with pytest.raises(Killed):
        pool.run(work)
    assert not ran.is_set()
