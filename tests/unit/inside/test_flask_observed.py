"""What is seen of a Flask application's contexts: whose they are, what is found, what stays silent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import flask
import flask.ctx
import pytest
from flask import Flask, Response, g, session, signals, stream_with_context
from flask.sessions import SecureCookieSession, SessionInterface
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from harness.history.layout import App, Kind
from harness.inside.of_flask import installing
from harness.inside.of_flask.installing import find_flasks, observe_flask
from harness.inside.of_flask.owners import Owners
from harness.inside.of_flask.patching import Patches
from harness.inside.visitors import NO_CONTEXTS
from tests.unit.inside.conftest import ProcessMaker
from tests.unit.inside.flask_service import Serve, Service, operation


@pytest.fixture
def serve(make_process: ProcessMaker) -> Iterator[Serve]:
    """Return what observes an application; all are put back as they were."""
    made: list[Service] = []

    def observe(app: Any) -> Service:
        made.append(Service(make_process, app))
        return made[-1]

    yield observe
    for service in made:
        service.close()


def make_app() -> Flask:
    app = Flask("small")
    app.secret_key = "secret"
    app.logger.disabled = True

    @app.get("/")
    def index() -> str:
        g.name = session["name"] = "somebody"
        return "ok"

    return app


def streaming(*, with_context: bool) -> Flask:
    app = make_app()

    @app.get("/stream")
    def stream() -> Response:
        def body() -> Iterator[str]:
            yield "one"
            yield "two"

        return Response(stream_with_context(body()) if with_context else body())

    return app


# what is right


def test_callers_one_after_the_other_are_right(serve: Serve) -> None:
    service = serve(make_app())
    for number in range(1, 4):
        for client in range(3):
            service.serve(operation(client, number))
    assert service.anomalies() == set()


def ordinary() -> Flask:
    """Return an application that does what is unusual, and right."""
    app = make_app()

    @app.get("/nested")
    def nested() -> str:
        g.name = "outer"
        with app.app_context():
            g.name = "inner"
            with app.app_context():
                pass
        return str(g.name)

    @app.get("/again")
    def again() -> str:
        context = flask.globals.app_ctx._get_current_object()  # type: ignore[attr-defined]
        with context:  # counted: it ends nothing
            g.name = "again"
        return str(g.name)

    @app.get("/within")
    def within() -> str:
        with app.test_request_context("/?x=1"):
            return flask.url_for("index")

    @app.get("/client")
    def client() -> str:
        return app.test_client().get("/").text

    @app.get("/copied")
    def copied() -> str:
        return str(flask.copy_current_request_context(lambda: flask.request.path)())

    @app.get("/twice")
    def twice() -> str:
        with flask.globals.request_ctx._get_current_object():  # type: ignore[attr-defined]
            pass
        return "twice"

    return app


@pytest.mark.parametrize("path", ["/nested", "/again", "/within", "/client", "/copied", "/twice"])
def test_what_is_unusual_and_right_stays_silent(serve: Serve, path: str) -> None:
    service = serve(ordinary())
    service.serve(operation(1), path)
    service.serve(operation(2), path)
    assert service.anomalies() == set()


def test_a_stream_without_its_context_is_right_and_one_with_it_is_torn_down_twice(serve: Serve) -> None:
    right = serve(streaming(with_context=False))
    right.serve(operation(1), "/stream")
    assert right.anomalies() == set()
    twice = serve(streaming(with_context=True))
    assert twice.serve(operation(1), "/stream") == b"onetwo"
    assert twice.anomalies() == {"I6 repeated-teardown"}


def test_a_copy_of_the_context_on_a_thread_is_not_looked_at(serve: Serve) -> None:
    app = make_app()

    @app.get("/job")
    def job() -> str:
        said: list[str] = []

        @flask.copy_current_request_context
        def work() -> None:
            g.name = "of a job"
            said.append(flask.request.path)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return said[0]

    service = serve(app)
    assert service.serve(operation(1), "/job") == b"/job"
    assert service.anomalies() == set()


def test_each_application_of_a_dispatcher_is_looked_at(serve: Serve) -> None:
    outer, mounted = make_app(), make_app()
    both = DispatcherMiddleware(outer, {"/mounted": mounted})
    assert find_flasks(both) == [outer, mounted]
    service = serve(both)
    for client in (1, 2):
        service.serve(operation(client))
        service.serve(operation(client, 2), "/mounted/")
    pushes = [row for row in service.process.rows() if row["kind"] == Kind.PUSH]
    assert len(pushes) == 8
    assert {row["app"] for row in pushes} == {App.TARGET}
    assert service.anomalies() == set()


def test_of_an_application_that_is_not_found_nothing_is_said(serve: Serve) -> None:
    app, hidden = make_app(), make_app()
    hidden_too = [hidden]  # in a list nobody looks
    seen: list[Any] = []

    @hidden.get("/look")
    def look() -> str:
        here = service.process.locality.here()
        service.process.observer.yielded(here)
        seen.append(here)
        return "ok"

    def either(environ: Any, start_response: Any) -> Any:
        inner = hidden_too[0] if environ["PATH_INFO"] == "/look" else app
        return inner(environ, start_response)

    service = serve(either)
    service.serve(operation(1))
    service.serve(operation(2), "/look")
    (row,) = [row for row in service.process.rows() if row["kind"] == Kind.YIELD]
    assert (row["request"], row["g"], row["app"]) == (0, 0, App.OTHER)
    assert seen
    assert service.anomalies() == set()


# what crosses over


def test_two_bodies_read_in_turn_on_one_thread(serve: Serve) -> None:
    service = serve(streaming(with_context=True))
    bodies = [service.begin(operation(client), "/stream") for client in (1, 2)]
    for body in bodies:
        next(body)
    found: list[bytes] = []
    for body in bodies:
        with_rest = iter(body)
        try:
            found.extend(with_rest)
        except ConnectionResetError:  # how the wrapper says that an exception left it
            found.append(b"cut off")
        body.close()
    assert b"cut off" in found
    anomalies = service.anomalies()
    assert {"I1 foreign-request", "I1 foreign-g", "I6 missing-teardown"} <= anomalies


def test_two_bodies_read_in_turn_without_their_contexts(serve: Serve) -> None:
    service = serve(streaming(with_context=False))
    bodies = [service.begin(operation(client), "/stream") for client in (1, 2)]
    for body in (*bodies, *bodies):
        next(body)
    for body in bodies:
        assert list(body) == []
        body.close()
    assert service.anomalies() == set()


class OneSession(SessionInterface):
    """Hands out what it is told to."""

    def __init__(self, *, shared: bool) -> None:
        self._one = SecureCookieSession({"name": "somebody"})
        self._shared = shared

    def open_session(self, app: Any, request: Any) -> Any:
        return self._one if self._shared else SecureCookieSession({"name": "somebody"})

    def save_session(self, *arguments: Any) -> None:
        """Keep it."""


@pytest.mark.parametrize("shared", [True, False])
def test_a_session_object_that_two_clients_are_handed(serve: Serve, shared: bool) -> None:
    app = make_app()
    app.session_interface = OneSession(shared=shared)
    service = serve(app)
    for client in (1, 1, 2):
        service.serve(operation(client))
    assert service.anomalies() == ({"I3 uninvited-session"} if shared else set())


def test_a_session_store_of_one_client_is_right(serve: Serve) -> None:
    app = make_app()
    app.session_interface = OneSession(shared=True)
    service = serve(app)
    for number in (1, 2, 3):
        service.serve(operation(1, number))
    assert service.anomalies() == set()


@pytest.mark.parametrize("shared", [True, False])
def test_a_g_that_two_requests_are_handed(serve: Serve, shared: bool) -> None:
    app, one = make_app(), flask.ctx._AppCtxGlobals()
    if shared:
        app.app_ctx_globals_class = lambda: one  # type: ignore[assignment]
    service = serve(app)
    service.serve(operation(1))
    service.serve(operation(2))
    found = {"I1 foreign-g", "I2 stale-g"} if shared else set()
    assert service.anomalies() == found


def test_an_app_context_that_was_pushed_as_the_module_was_imported(serve: Serve) -> None:
    app = make_app()
    context = app.app_context()
    context.push()
    try:
        service = serve(app)
        service.serve(operation(1))
        assert {"I0 left-behind", "I1 foreign-g"} <= service.anomalies()
    finally:
        context.pop()


def test_asking_for_the_session_leaves_it_unread(serve: Serve) -> None:
    app = make_app()
    read: list[bool] = []

    @app.get("/unread")
    def unread() -> str:
        return "ok"

    @app.after_request
    def look(response: Response) -> Response:
        context = flask.globals.request_ctx._get_current_object()  # type: ignore[attr-defined]
        read.append(vars(context)["_session"].accessed)
        return response

    serve(app).serve(operation(1), "/unread")
    assert read == [False]


# how it is put in place, and taken away


def everything(app: Flask) -> dict[str, Any]:
    """Return what may be changed: the application's attributes, its lists, Flask's classes and signals."""
    lists = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs")
    kept: dict[str, Any] = {name: value for name, value in vars(app).items() if name not in lists}
    kept |= {name: {key: list(each) for key, each in getattr(app, name).items() if each} for name in lists}
    kept["teardown_appcontext_funcs"] = list(app.teardown_appcontext_funcs)
    kept["app contexts"] = dict(vars(flask.ctx.AppContext))
    kept["request contexts"] = dict(vars(flask.ctx.RequestContext))
    kept["sessions"] = dict(vars(app.session_interface))
    for name in ("appcontext_pushed", "appcontext_popped", "request_tearing_down", "request_started"):
        signal = getattr(signals, name)
        kept[name] = ("send" in vars(signal), len(signal.receivers))
    return kept


def test_all_is_as_it_was_when_it_is_over(serve: Serve) -> None:
    app = make_app()

    @app.before_request
    def before() -> None:
        """Do nothing."""

    before_all = everything(app)
    service = serve(app)
    assert everything(app) != before_all
    service.serve(operation(1))
    service.close()
    after = everything(app)
    assert {key for key in after if after[key] != before_all.get(key)} <= {"_got_first_request"}


def test_what_somebody_put_over_a_wrapper_stays() -> None:
    class Thing:
        def method(self) -> str:
            return "original"

    thing, patches = Thing(), Patches()
    patches.wrap(thing, "method", lambda method: lambda: f"wrapped {method()}")
    ours = thing.method
    thing.method = lambda: f"over {ours()}"  # type: ignore[method-assign]
    patches.undo()
    assert thing.method() == "over wrapped original"


def test_an_application_behind_middleware_is_found() -> None:
    app = make_app()

    class Middleware:
        def __init__(self, inner: Any) -> None:
            self.app = inner

        def __call__(self, environ: Any, start_response: Any) -> Any:
            return self.app(environ, start_response)

    assert find_flasks(Middleware(Middleware(app))) == [app]
    assert find_flasks(lambda environ, start_response: []) == []


def test_an_application_without_flask_is_left_alone(make_process: ProcessMaker) -> None:
    process = make_process(contexts=NO_CONTEXTS)
    hook = process.observer.hook
    observed = observe_flask(lambda environ, start_response: [], process.observer)
    assert (observed.framework, observed.doubt) == ("", "")
    assert process.observer.hook is hook


@pytest.mark.parametrize("version", ["3.2.0", "2.2.5", "", "4.0.0rc1"])
def test_an_unknown_version_is_a_doubt_in_one_line(
    make_process: ProcessMaker, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(installing, "_version", lambda: version)
    app = make_app()
    before = everything(app)
    observed = observe_flask(app, make_process(contexts=NO_CONTEXTS).observer)
    assert observed.framework == ""
    assert observed.doubt.startswith(f"Flask {version or 'of an unknown version'} keeps its contexts")
    assert "2.3, 3.0 and 3.1 are" in observed.doubt
    assert everything(app) == before


def fail(*_: object) -> None:
    raise KeyError("no such method")


def test_what_fails_half_way_is_undone_and_told(
    make_process: ProcessMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    before = everything(app)
    monkeypatch.setattr(installing, "_announce", fail)
    observed = observe_flask(app, make_process(contexts=NO_CONTEXTS).observer)
    assert "(KeyError: 'no such method')" in observed.doubt
    assert everything(app) == before


def test_the_first_one_seen_with_a_thing_owns_it_while_it_lives() -> None:
    owners, session_like = Owners(), SecureCookieSession()
    assert [owners.first(session_like, number) for number in (1, 2, 3)] == [1, 1, 1]
    assert [owners.first(7, number) for number in (1, 2)] == [1, 2]  # nobody can refer to it weakly
    del session_like
    assert owners._known == {}
