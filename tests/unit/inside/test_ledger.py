"""The ledger, on the reference framework: an entry for each callback and activation, and of whose error."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

import targetapp.framework.globals as contexts
from harness.history.canary import ABSENT
from harness.history.layout import TEARDOWNS, Callback, Kind, Outcome
from harness.history.steps import Step
from harness.inside.ledger import keep_ledger
from harness.inside.wrapper import Wrapper
from targetapp.framework import App, Response, checkpoint, g, signals, stream_with_context
from tests.unit.inside.conftest import ProcessMaker
from tests.unit.inside.miniature import OPERATION, Process, crosstalk_header

OF_REQUEST = (Callback.TEARDOWN_REQUEST_FIRST, Callback.TEARDOWN_REQUEST_LAST, Callback.REQUEST_TEARING_DOWN)


class MarkedError(Exception):
    canary = OPERATION


@pytest.fixture
def serve(make_process: ProcessMaker) -> Iterator[Any]:
    """Return a function that serves an app once, recorded; it returns the process and the body."""

    def serve_once(app: App, path: str = "/") -> tuple[Process, bytes]:
        process = make_process(contexts=contexts, app=app)
        keep_ledger(app, signals, process.observer)
        checkpoint.install(process.observer.hook)
        environ: dict[str, Any] = {"PATH_INFO": path, "HTTP_X_CROSSTALK": crosstalk_header()}
        setup_testing_defaults(environ)
        environ["wsgi.errors"] = io.StringIO()
        wrapper = Wrapper(app, process.locality, process.observer, {})
        body: Any = wrapper(environ, lambda status, headers, exc_info=None: lambda data: None)
        try:
            return process, b"".join(body)
        finally:
            body.close()

    yield serve_once
    checkpoint.install(None)


def make_app() -> App:
    app = App("ledger")
    app.secret_key = "secret"

    @app.get("/")
    def view() -> str:
        return "ok"

    @app.get("/error")
    def fail() -> str:
        raise MarkedError

    @app.get("/stream")
    def stream() -> Response:
        def lines() -> Iterator[str]:
            yield "one"
            yield "two"

        return Response(stream_with_context(lines()))

    @app.get("/nested")
    def nest() -> str:
        with app.app_context():
            g.canary = 5
        return "nested"

    return app


def entries(process: Process) -> list[dict[str, int]]:
    return [row for row in process.rows() if row["kind"] == Kind.TEARDOWN]


def activations(process: Process) -> dict[int, list[int]]:
    """Return the activations each push step began."""
    begun: dict[int, list[int]] = {Step.APP_CONTEXT_PUSH: [], Step.REQUEST_CONTEXT_PUSH: []}
    for row in process.rows():
        if row["kind"] == Kind.PUSH:
            begun[row["point"]].append(row["activation"])
    return begun


@pytest.mark.parametrize("path", ["/", "/stream", "/error", "/missing"])
def test_each_callback_runs_once_for_its_activation(serve: Any, path: str) -> None:
    process, _ = serve(make_app(), path)
    begun = activations(process)
    ((app,), (request,)) = begun[Step.APP_CONTEXT_PUSH], begun[Step.REQUEST_CONTEXT_PUSH]
    found = entries(process)
    assert Counter(row["point"] for row in found) == Counter(TEARDOWNS)
    for row in found:
        assert row["activation"] == (request if row["point"] in OF_REQUEST else app)
        assert row["op"] == OPERATION


def test_a_nested_context_has_entries_of_its_own(serve: Any) -> None:
    process, body = serve(make_app(), "/nested")
    assert body == b"nested"
    begun = activations(process)
    popped = [row["activation"] for row in entries(process) if row["point"] == Callback.APPCONTEXT_POPPED]
    assert sorted(popped) == sorted(begun[Step.APP_CONTEXT_PUSH])
    assert len(popped) == 2


def test_an_error_is_told_with_its_canary(serve: Any) -> None:
    process, _ = serve(make_app(), "/error")
    told = {row["point"]: (row["detail"], row["value"]) for row in entries(process)}
    # The signal that says that the context is gone tells of no error.
    assert told.pop(Callback.APPCONTEXT_POPPED) == (Outcome.NONE, ABSENT)
    assert set(told.values()) == {(Outcome.ERROR, OPERATION)}


def test_without_an_error_none_is_told(serve: Any) -> None:
    process, _ = serve(make_app())
    assert {(row["detail"], row["value"]) for row in entries(process)} == {(Outcome.NONE, ABSENT)}


def test_the_targets_own_callbacks_run_between_first_and_last(serve: Any) -> None:
    app = make_app()
    seen: list[str] = []
    app.teardown_request(lambda error: seen.append("request"))
    app.teardown_appcontext(lambda error: seen.append("app"))
    served, _ = serve(app)
    assert seen == ["request", "app"]
    points = [row["point"] for row in entries(served)]
    assert points.index(Callback.TEARDOWN_REQUEST_FIRST) < points.index(Callback.TEARDOWN_REQUEST_LAST)
    assert points.index(Callback.TEARDOWN_APPCONTEXT_FIRST) < points.index(Callback.TEARDOWN_APPCONTEXT_LAST)
    assert app.teardown_request_funcs[None][0] is not app.teardown_request_funcs[None][-1]


def test_a_callback_that_stops_the_others_leaves_an_entry_missing(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from targetapp.framework import teardown

    def stop_at_first(calls: Any) -> list[BaseException]:
        for function, arguments in calls:
            try:
                function(*arguments)
            except BaseException as error:
                return [error]
        return []

    app = make_app()

    @app.teardown_request
    def fail(error: BaseException | None) -> None:
        raise MarkedError

    healthy, body = serve(app)
    assert body.startswith(b"500: ")
    assert Counter(row["point"] for row in entries(healthy)) == Counter(TEARDOWNS)
    left = [(row["detail"], row["value"]) for row in healthy.rows() if row["kind"] == Kind.LEFT]
    assert left == [(Outcome.GROUP, OPERATION)]

    monkeypatch.setattr(teardown, "run_guarded", stop_at_first)
    app = make_app()
    app.teardown_request(fail)
    faulty, _ = serve(app)
    ran = {row["point"] for row in entries(faulty)}
    assert Callback.TEARDOWN_REQUEST_FIRST in ran
    assert Callback.TEARDOWN_REQUEST_LAST not in ran
