"""``copy_current_request_context``: each call in a context of its own, and nothing left behind."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gevent
import pytest

from targetapp import (
    App,
    copy_current_request_context,
    g,
    has_app_context,
    has_request_context,
    request,
    session,
)


@pytest.fixture
def app() -> App:
    app = App("copies", static_folder=None)
    app.secret_key = "key"
    app.extensions["torn"] = []
    app.teardown_request(lambda _: app.extensions["torn"].append(("request", request.path)))
    app.teardown_appcontext(lambda _: app.extensions["torn"].append(("app", g.get("x"))))
    return app


def test_same_request_and_session_and_a_new_g(app: App) -> None:
    with app.test_request_context("/one"):
        g.x = "outer"
        session["x"] = 1
        own_request, own_session = request._get_current_object(), session._get_current_object()  # type: ignore[attr-defined]

        @copy_current_request_context
        def job(argument: int) -> Any:
            assert "x" not in g
            g.x = "inner"
            same = request._get_current_object() is own_request  # type: ignore[attr-defined]
            return argument, same and session._get_current_object() is own_session  # type: ignore[attr-defined]

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(job, 1).result() == (1, True)
            assert pool.submit(has_app_context).result() is False
        assert gevent.spawn(job, 2).get() == (2, True)
        assert app.extensions["torn"] == [("request", "/one"), ("app", "inner")] * 2
        assert job(3) == (3, True)
        assert g.x == "outer"
    assert len(app.extensions["torn"]) == 8


def test_two_pool_threads_at_once(app: App) -> None:
    both = threading.Barrier(2)
    with app.test_request_context("/one"):

        @copy_current_request_context
        def job() -> str:
            both.wait(10)
            path = request.path
            both.wait(10)
            return path

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(job), pool.submit(job)
        assert [first.result(), second.result()] == ["/one", "/one"]

        def unrelated() -> bool:
            both.wait(10)  # one on each thread
            return has_request_context() or has_app_context()

        assert [job.result() for job in [pool.submit(unrelated) for _ in range(2)]] == [False, False]
    assert app.extensions["torn"].count(("request", "/one")) == 3


def test_a_job_that_raises(app: App) -> None:
    told: list[object] = []
    app.teardown_request_funcs[None].append(told.append)
    error = ValueError("job")
    with app.test_request_context("/one"):

        @copy_current_request_context
        def job() -> None:
            raise error

    with pytest.raises(ValueError, match="job"):
        job()
    assert told == [None, error]


def test_a_nested_call(app: App) -> None:
    with app.test_request_context("/one"):

        @copy_current_request_context
        def job(depth: int) -> list[str]:
            g.x = depth
            inner = job(depth - 1) if depth else []
            return [*inner, f"{request.path} {g.x}"]

        assert job(2) == ["/one 0", "/one 1", "/one 2"]
    assert not has_request_context()


def test_outside_a_request() -> None:
    with pytest.raises(RuntimeError, match="decorate the function in the view"):
        copy_current_request_context(print)
