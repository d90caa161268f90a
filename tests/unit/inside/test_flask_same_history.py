"""A Flask application records what the reference framework records of the same application."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from wsgiref.util import setup_testing_defaults

import flask
import pytest

import targetapp.framework as reference
import targetapp.framework.globals as reference_contexts
from harness.checkers.checkpoints import label
from harness.history.canary import ABSENT
from harness.history.layout import Kind
from harness.inside.ledger import keep_ledger
from harness.inside.of_flask.installing import observe_flask
from harness.inside.visitors import NO_CONTEXTS
from harness.inside.wrapper import Wrapper
from targetapp.framework import checkpoint, signals
from tests.unit.inside.conftest import ProcessMaker
from tests.unit.inside.miniature import OPERATION, Process, crosstalk_header


class Happened(NamedTuple):
    """A record, less what tells one framework from the other."""

    where: str
    activation: int  # its rank in the request
    own_request: bool
    app: int


class TeardownError(Exception):
    pass


def make_app(framework: Any) -> Any:
    """Return one application, in Flask or in the reference framework."""
    app = framework.App("same") if framework is reference else framework.Flask("same")
    app.secret_key = "secret"

    @app.before_request
    def before() -> Any:
        return "early" if framework.request.args.get("early") else None

    @app.after_request
    def after(response: Any) -> Any:
        if framework.request.args.get("after") and response.status_code < 400:
            raise LookupError
        return response

    @app.teardown_appcontext
    def end(error: BaseException | None) -> None:
        """Do nothing."""

    app.register_blueprint(make_blueprint(framework))
    add_views(app, framework)
    add_failing_views(app, framework)
    return app


def make_blueprint(framework: Any) -> Any:
    blueprint = framework.Blueprint("inner", "inner", url_prefix="/inner")

    @blueprint.before_request
    def before_inner() -> None:
        framework.g.inner = True

    @blueprint.after_request
    def after_inner(response: Any) -> Any:
        return response

    @blueprint.teardown_request
    def end_inner(error: BaseException | None) -> None:
        """Do nothing."""

    @blueprint.get("/")
    def inner() -> str:
        return "inner"

    return blueprint


def add_views(app: Any, framework: Any) -> None:
    @app.get("/")
    def index() -> str:
        framework.session["visited"] = True
        return "ok"

    @app.get("/nested")
    def nested() -> str:
        with app.app_context():
            framework.g.name = "nested"
        return "nested"

    @app.get("/stream")
    def stream() -> Any:
        return framework.Response(iter(["one", "two"]))


def add_failing_views(app: Any, framework: Any) -> None:
    @app.get("/abort")
    def abort() -> None:
        framework.abort(403)

    @app.get("/error")
    def fail() -> str:
        raise ValueError

    @app.get("/handled")
    def handled() -> str:
        raise KeyError

    @app.errorhandler(KeyError)
    def handle(error: KeyError) -> tuple[str, int]:
        return "handled", 418

    @app.get("/nothing")
    def nothing() -> None:
        return None

    @app.get("/exit")
    def leave() -> str:
        raise SystemExit


def ask(process: Process, wrapper: Wrapper, path: str, method: str = "GET") -> list[Happened]:
    """Send one request; return what was recorded of it."""
    path, _, query = path.partition("?")
    environ: dict[str, Any] = {"PATH_INFO": path, "REQUEST_METHOD": method, "QUERY_STRING": query}
    environ["HTTP_X_CROSSTALK"] = crosstalk_header(session=ABSENT)
    setup_testing_defaults(environ)
    environ["wsgi.errors"] = io.StringIO()
    body: Any = wrapper(environ, lambda status, headers, exc_info=None: lambda data: None)
    list(body)
    body.close()
    rows = [row for row in process.rows() if row["op"] == OPERATION]
    order = sorted({row["activation"] for row in rows} - {0})
    rank = {0: 0, **{activation: at for at, activation in enumerate(order, 1)}}
    return [
        Happened(
            label(row["kind"], row["point"]),
            rank[row["activation"]],
            row["request"] == OPERATION,
            row["app"],
        )
        for row in rows
        if row["kind"] != Kind.YIELD
    ]


Ask = Callable[..., list[Happened]]


@pytest.fixture
def ask_flask(make_process: ProcessMaker) -> Iterator[Ask]:
    app = make_app(flask)
    app.logger.disabled = True
    process = make_process(contexts=NO_CONTEXTS)
    observed = observe_flask(app, process.observer)
    assert observed.framework.startswith("Flask ")
    yield lambda path, method="GET": ask(
        process, Wrapper(app, process.locality, process.observer, {}), path, method
    )
    observed.undo()


@pytest.fixture
def ask_reference(make_process: ProcessMaker) -> Iterator[Ask]:
    app = make_app(reference)
    app.logger.disabled = True
    process = make_process(contexts=reference_contexts, app=app)
    keep_ledger(app, signals, process.observer)
    checkpoint.install(process.observer.hook)
    yield lambda path, method="GET": ask(
        process, Wrapper(app, process.locality, process.observer, {}), path, method
    )
    checkpoint.install(None)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?early=1",
        "/?after=1",
        "/inner/",
        "/nested",
        "/abort",
        "/error",
        "/handled",
        "/nothing",
        "/exit",
        "/missing",
        "/stream",
        "/static/nothing.txt",
    ],
)
def test_the_same_steps_callbacks_and_contexts(ask_flask: Ask, ask_reference: Ask, path: str) -> None:
    found = ask_flask(path)
    assert found == ask_reference(path)
    assert len(found) > 20


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE"])
def test_the_same_of_other_methods(ask_flask: Ask, ask_reference: Ask, method: str) -> None:
    assert ask_flask("/", method) == ask_reference("/", method)
