"""Contexts: nested, pushed twice, left pushed, popped elsewhere; and what each sees."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import gevent
import greenlet
import pytest

from targetapp import (
    App,
    SecureCookieSessionInterface,
    StrayContextError,
    appcontext_popped,
    appcontext_pushed,
    current_app,
    g,
    has_app_context,
    has_request_context,
    request,
    request_tearing_down,
    session,
)
from targetapp.framework import checkpoint, steps
from targetapp.framework import globals as globals_
from tests.unit.framework.tracing import OURS, Boom, Exit, Trace, name_of, teardown_words


def nothing_current() -> bool:
    return not has_app_context() and not has_request_context()


@pytest.fixture
def app() -> App:
    """An app that keeps what its teardowns saw in ``extensions["torn"]``."""
    app = App("contexts", static_folder=None)
    app.secret_key = "key"
    torn: list[str] = []
    app.extensions["torn"] = torn
    app.teardown_request(lambda exc: torn.append(f"request {request.path} {g.get('x')} {name_of(exc)}"))
    app.teardown_appcontext(lambda exc: torn.append(f"app {g.get('x')} {name_of(exc)}"))
    return app


# -- the first text of the seeds ---------------------------------------------------------------


def test_current_app_works_inside_an_app_context_only(app: App) -> None:
    with pytest.raises(RuntimeError, match=r"with app\.app_context\(\)"):
        _ = current_app.name
    with app.app_context():
        assert current_app.name == app.name
    with pytest.raises(RuntimeError, match="outside of an app context"):
        g.x = 1


def test_request_is_used_as_if_it_were_global(app: App) -> None:
    @app.get("/")
    def view() -> str:
        return request.headers["X-Who"]

    assert app.test_client().get("/", headers={"X-Who": "me"}).text == "me"
    with pytest.raises(RuntimeError, match="outside of a request context"):
        _ = request.path
    with pytest.raises(RuntimeError, match="copy_current_request_context"):
        session["x"] = 1


def test_the_session_is_not_there_before_it_is_opened(app: App) -> None:
    seen = []

    def look(step: str, _: object) -> None:
        if step == steps.OPEN_SESSION:
            with pytest.raises(RuntimeError, match="not open yet"):
                _ = session["x"]
            seen.append(step)

    checkpoint.install(look)
    try:
        with app.test_request_context():
            pass
    finally:
        checkpoint.install(None)
    assert seen == [steps.OPEN_SESSION]


# -- nesting -----------------------------------------------------------------------------------


def test_a_request_has_its_own_g_inside_an_app_context(app: App) -> None:
    @app.get("/")
    def view() -> str:
        before = g.get("x", "fresh")
        g.x = "inner"
        return str(before)

    with app.app_context():
        g.x = "outer"
        assert app.test_client().get("/").text == "fresh"
        assert g.x == "outer"
        assert app.extensions["torn"] == ["request / inner None", "app inner None"]
    assert app.extensions["torn"][2:] == ["app outer None"]


def test_an_app_context_inside_a_request_has_its_own_g_and_the_request(app: App) -> None:
    with app.test_request_context("/here"):
        g.x = "outer"
        with app.app_context():
            assert "x" not in g
            assert request.path == "/here"
            g.x = "inner"
        assert g.x == "outer"
    assert app.extensions["torn"] == ["app inner None", "request /here outer None", "app outer None"]


def test_a_client_called_in_a_view_changes_nothing(app: App) -> None:
    @app.get("/outer")
    def outer() -> str:
        g.x = "outer"
        inner = app.test_client().get("/inner").text
        return f"{inner} {request.path} {g.x}"

    @app.get("/inner")
    def inner() -> str:
        return f"{request.path} {g.get('x')}"

    assert app.test_client().get("/outer").text == "/inner None /outer outer"
    assert app.extensions["torn"] == [
        "request /inner None None",
        "app None None",
        "request /outer outer None",
        "app outer None",
    ]


def test_two_apps_are_kept_apart(app: App) -> None:
    other = App("other", static_folder=None)
    with app.app_context():
        g.x = 1
        with other.app_context():
            assert current_app.name == "other"
            assert "x" not in g
        assert current_app.name == app.name


# -- counting ----------------------------------------------------------------------------------


def test_an_app_context_pushed_twice_sends_its_signals_twice_and_tears_down_once(app: App) -> None:
    words: list[str] = []
    app.teardown_appcontext(lambda _: words.append("down"))
    with (
        appcontext_pushed.connected_to(lambda _: words.append("pushed"), app),
        appcontext_popped.connected_to(lambda _: words.append("popped"), app),
    ):
        context = app.app_context()
        with context, context:
            g.x = 1
        assert words == ["pushed", "pushed", "popped", "down", "popped"]
    assert nothing_current()


def test_a_request_context_pushed_twice_does_everything_once(app: App) -> None:
    words: list[str] = []
    with (
        appcontext_pushed.connected_to(lambda _: words.append("pushed"), app),
        appcontext_popped.connected_to(lambda _: words.append("popped"), app),
        request_tearing_down.connected_to(lambda _, exc: words.append("tearing"), app),
    ):
        context = app.test_request_context("/twice")
        with context:
            g.x = 1
            with context:
                assert g.x == 1
            assert (request.path, g.x) == ("/twice", 1)
            assert words == ["pushed"]
        assert words == ["pushed", "tearing", "popped"]
    assert nothing_current()


def test_only_the_first_push_and_the_last_pop_are_announced(app: App) -> None:
    seen: list[str] = []
    checkpoint.install(lambda step, _: seen.append(step))
    try:
        context = app.test_request_context("/twice")
        with context, context:
            pass
    finally:
        checkpoint.install(None)
    for step in (
        steps.APP_CONTEXT_PUSH,
        steps.REQUEST_CONTEXT_PUSH,
        steps.REQUEST_CONTEXT_POP,
        steps.APP_CONTEXT_POP,
    ):
        assert seen.count(step) == 1


def test_a_context_pushed_again_after_its_end_keeps_g_and_session(app: App) -> None:
    context = app.test_request_context("/again")
    for number in (1, 2):
        with context:
            g.x = number
            session["x"] = session.get("x", 0) + 1
            assert session["x"] == number
    assert app.extensions["torn"] == [
        *("request /again 1 None", "app 1 None"),
        *("request /again 2 None", "app 2 None"),
    ]


@pytest.mark.parametrize("make", [lambda app: app.app_context(), lambda app: app.test_request_context()])
def test_a_pop_too_many(app: App, make: Callable[[App], Any]) -> None:
    context = make(app)
    with pytest.raises(RuntimeError, match="not pushed"):
        context.pop()
    with context:
        pass
    with pytest.raises(RuntimeError, match="not pushed"):
        context.pop()


@pytest.mark.parametrize("make", [lambda app: app.app_context(), lambda app: app.test_request_context()])
def test_popped_on_another_thread(app: App, make: Callable[[App], Any]) -> None:
    context = make(app)
    errors: list[BaseException] = []

    def pop() -> None:
        try:
            context.pop()
        except Exception as error:
            errors.append(error)
        errors.append(Boom(str(nothing_current())))

    def push_and_pop() -> None:
        context.push()
        thread = threading.Thread(target=pop)
        thread.start()
        thread.join()

    thread = threading.Thread(target=push_and_pop)  # what stays on it ends with it
    thread.start()
    thread.join()
    group, clean = errors
    assert isinstance(group, ExceptionGroup)
    assert "test_contexts.py" in str(group.exceptions[0])
    assert "another thread" in str(group.exceptions[0])
    assert str(clean) == "True"
    assert len(app.extensions["torn"]) == (2 if hasattr(context, "request") else 1)


# -- pushes that fail --------------------------------------------------------------------------


def test_a_push_that_fails_leaves_nothing(app: App) -> None:
    def fail(_: object) -> None:
        raise Boom("no")

    for make in (app.app_context, app.test_request_context):
        with appcontext_pushed.connected_to(fail, app), pytest.raises(Boom), make():
            pytest.fail("entered")
        assert nothing_current()
    assert app.extensions["torn"] == ["app None no", "request / None no", "app None no"]


def test_a_session_that_can_t_be_opened_leaves_nothing(app: App) -> None:
    class Broken(type(app.session_interface)):  # type: ignore[misc]
        def open_session(self, app: Any, request: Any) -> Any:
            raise Boom("no")

    app.session_interface = Broken()
    with pytest.raises(Boom), app.test_request_context():
        pytest.fail("entered")
    assert nothing_current()
    assert app.extensions["torn"] == ["request / None no", "app None no"]


# -- strays ------------------------------------------------------------------------------------

IN = "pushed open started uvp uvp.bp before1 before2 before.bp view"
OUT = "after.bp after2 after1 save finished start"
STRAY_APP = "app2:None app1:None apptearing:None popped"


def leaving(what: Callable[[Any], Any], **raises: BaseException) -> Trace:
    """Return a trace whose view pushes what *what* makes of the app, and leaves it."""
    trace = Trace(OURS, raises)
    app = trace.build()

    def view() -> str:
        g.x = "own"
        what(app).push()
        g.x = "stray"
        return "body"

    trace.view = view
    return trace


def test_a_view_leaves_an_app_context_pushed() -> None:
    trace = leaving(lambda app: app.app_context())
    seen: list[Any] = []
    trace.app.teardown_appcontext_funcs.append(lambda _: seen.append((g.x, has_request_context())))
    answer = trace.run()
    assert isinstance(answer.leaving, StrayContextError)
    assert "test_contexts.py:" in str(answer.leaving)
    assert "in view was still pushed" in str(answer.leaving)
    assert trace.words == f"{IN} pushed {OUT} {teardown_words()} {STRAY_APP}"
    assert seen == [("own", False), ("stray", False)]
    assert nothing_current()


def test_a_view_leaves_a_request_context_pushed() -> None:
    trace = leaving(lambda app: app.test_request_context("/stray"))
    seen: list[Any] = []
    trace.app.teardown_request_funcs[None].append(lambda _: seen.append((request.path, g.x)))
    answer = trace.run()
    assert isinstance(answer.leaving, StrayContextError)
    assert trace.words == f"{IN} pushed open {OUT} {teardown_words()} {teardown_words(bp=False)}"
    assert seen == [("/bp/view", "own"), ("/stray", "stray")]
    assert nothing_current()


def test_the_request_s_own_session_is_saved_whatever_is_pushed(app: App) -> None:
    saved: list[Any] = []

    class Noting(SecureCookieSessionInterface):
        def save_session(self, app: Any, session: Any, response: Any) -> None:
            saved.append(dict(session))

    app.session_interface = Noting()

    @app.get("/")
    def view() -> str:
        session["whose"] = "own"
        app.test_request_context("/stray").push()
        session["whose"] = "stray"
        return "body"

    with pytest.raises(StrayContextError):
        app.test_client().get("/")
    assert saved == [{"whose": "own"}]


def test_several_strays_and_an_error() -> None:
    trace = leaving(lambda app: app.app_context(), td1=Boom("t"))
    view = trace.view

    def twice() -> Any:
        trace.app.test_request_context("/stray").push()
        return view()

    trace.view = twice
    answer = trace.run()
    assert isinstance(answer.leaving, ExceptionGroup)
    kinds = [type(error).__name__ for error in answer.leaving.exceptions]
    assert sorted(kinds) == ["Boom", "Boom", "StrayContextError", "StrayContextError"]
    assert nothing_current()


def test_a_stray_and_an_exit() -> None:
    trace = leaving(lambda app: app.app_context())
    view = trace.view

    def killed() -> Any:
        view()
        raise Exit("exit")

    trace.view = killed
    error = trace.run().leaving
    assert isinstance(error, Exit)
    assert isinstance(error.__context__, ExceptionGroup)
    assert isinstance(error.__context__.exceptions[0], StrayContextError)
    assert nothing_current()


def test_a_context_pushed_before_and_popped_in_the_teardown_is_no_stray(app: App) -> None:
    pushed: list[Any] = []

    @app.before_request
    def push() -> None:
        pushed.append(app.app_context())
        pushed[0].push()
        g.x = "pushed"

    app.teardown_request_funcs[None].append(lambda _: pushed[0].pop())
    app.add_url_rule("/", "view", lambda: str(g.x))
    assert app.test_client().get("/").text == "pushed"
    assert app.extensions["torn"] == ["app pushed None", "request / None None", "app None None"]
    assert nothing_current()


def test_a_stray_in_an_app_context(app: App) -> None:
    def leave() -> None:
        with app.app_context():
            g.x = "own"
            app.test_request_context("/stray").push()
            g.x = "stray"

    with pytest.raises(StrayContextError, match=r"test_contexts.py:\d+ in leave"):
        leave()
    assert app.extensions["torn"] == ["app own None", "request /stray stray None", "app stray None"]
    assert nothing_current()


def test_the_request_s_own_context_is_popped_by_the_view(app: App) -> None:
    @app.get("/")
    def view() -> str:
        globals_.current_request_context().pop()
        return "body"

    with pytest.raises(ExceptionGroup, match="teardown") as caught:
        app.test_client().get("/")
    assert "Pop only what you pushed" in str(caught.value.exceptions[0])
    assert app.extensions["torn"] == ["request / None None", "app None None"]
    assert nothing_current()


# -- threads and greenlets ---------------------------------------------------------------------


def test_a_thread_and_a_greenlet_start_without_a_context(app: App) -> None:
    seen: list[bool] = []

    @app.get("/")
    def view() -> str:
        thread = threading.Thread(target=lambda: seen.append(nothing_current()))
        thread.start()
        thread.join()
        gevent.spawn(lambda: seen.append(nothing_current())).join()
        return request.path

    assert app.test_client().get("/").text == "/"
    assert seen == [True, True]


def isolation_app(meet: Callable[[], None]) -> App:
    """Return an app whose view reads everything before and after *meet*."""
    app = App("isolation", static_folder=None)
    app.secret_key = "key"

    @app.get("/<name>")
    def view(name: str) -> Any:
        g.name = session["name"] = name
        read = []
        for _ in range(2):
            read.append([request.path, g.name, session["name"], request.args["q"]])
            meet()
        return read

    return app


def check_isolation(app: App, name: str, answers: dict[str, Any]) -> None:
    answers[name] = app.test_client().get(f"/{name}?q={name}").json


NAMES = ["a", "b", "c", "d"]
EXPECTED = {name: [[f"/{name}", name, name, name]] * 2 for name in NAMES}


def test_threads_that_meet_inside_the_view_see_their_own() -> None:
    barrier = threading.Barrier(len(NAMES))
    app = isolation_app(lambda: (barrier.wait(10), None)[1])
    answers: dict[str, Any] = {}
    threads = [threading.Thread(target=check_isolation, args=(app, name, answers)) for name in NAMES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == EXPECTED


def test_greenlets_that_switch_inside_the_view_see_their_own() -> None:
    app = isolation_app(lambda: gevent.sleep(0))
    answers: dict[str, Any] = {}
    gevent.joinall([gevent.spawn(check_isolation, app, name, answers) for name in NAMES], raise_error=True)
    assert answers == EXPECTED


class Slot:
    """A storage that all threads and greenlets share: the classic fault."""

    value: Any = None

    def get(self, default: Any = None, /) -> Any:
        return default if self.value is None else self.value

    def set(self, value: Any, /) -> Any:
        token, self.value = self.value, value
        return token

    def reset(self, token: Any, /) -> None:
        self.value = token


def test_replacing_the_storage_reaches_the_proxies() -> None:
    app = isolation_app(lambda: gevent.sleep(0))
    before = globals_.replace_storage(Slot(), Slot())
    try:
        alone: dict[str, Any] = {}
        check_isolation(app, "a", alone)
        assert alone["a"] == EXPECTED["a"]
        answers: dict[str, Any] = {}
        gevent.joinall([gevent.spawn(check_isolation, app, name, answers) for name in NAMES])
        assert answers != EXPECTED
    finally:
        globals_.replace_storage(*before)
    assert nothing_current()


def test_a_killed_greenlet_tears_down(app: App) -> None:
    inside = gevent.event.Event()

    @app.get("/")
    def view() -> str:
        g.x = "mine"
        inside.set()
        gevent.event.Event().wait()
        return "never"

    greenlet = gevent.spawn(app.test_client().get, "/")
    inside.wait()
    greenlet.kill()
    assert app.extensions["torn"] == ["request / mine GreenletExit", "app mine GreenletExit"]


def test_a_dropped_greenlet_tears_down(app: App) -> None:
    @app.get("/")
    def view() -> str:
        g.x = "mine"
        parent = greenlet.getcurrent().parent
        assert parent is not None
        parent.switch()
        return "never"

    waiting = greenlet.greenlet(app.test_client().get)
    waiting.switch("/")
    assert app.extensions.get("torn", []) == []
    del waiting  # nobody will ever switch to it
    assert app.extensions["torn"] == ["request / mine GreenletExit", "app mine GreenletExit"]
    assert nothing_current()


# -- counts and errors together ----------------------------------------------------------------


def test_a_push_and_its_teardown_fail(app: App) -> None:
    def fail(_: object) -> None:
        raise Boom("no")

    app.teardown_appcontext(fail)
    with appcontext_pushed.connected_to(fail, app), pytest.raises(ExceptionGroup) as caught:
        app.app_context().push()
    assert [name_of(error) for error in caught.value.exceptions] == ["no"]
    assert name_of(caught.value.__context__) == "no"


def test_the_second_push_of_a_context_below_another(app: App) -> None:
    context = app.app_context()
    with context, app.app_context():
        with context:
            g.x = 1
        assert "x" not in g
        context.push()
        with app.app_context(), pytest.raises(RuntimeError, match="pop what was pushed after it first"):
            context.pop()
        context.pop()


def test_an_error_leaves_a_with_block_as_it_is(app: App) -> None:
    error = Boom("boom")
    for make in (app.app_context, app.test_request_context):
        with pytest.raises(Boom) as caught, make():
            raise error
        assert caught.value is error
    assert app.extensions["torn"] == ["app None boom", "request / None boom", "app None boom"]


def test_an_error_and_a_teardown_s_leave_a_with_block(app: App) -> None:
    def fail(_: object) -> None:
        raise Boom("t")

    app.teardown_appcontext(fail)
    with pytest.raises(ExceptionGroup) as caught, app.app_context():
        raise Boom("boom")
    assert name_of(caught.value.__context__) == "boom"
    with pytest.raises(Exit) as left, app.app_context():
        raise Exit("exit")
    assert isinstance(left.value.__context__, ExceptionGroup)
    assert nothing_current()


def test_pop_tells_the_exception_being_handled(app: App) -> None:
    context = app.app_context()
    context.push()
    try:
        raise Boom("handled")
    except Boom:
        context.pop()
    context.push()
    context.pop(Boom("given"))
    assert app.extensions["torn"] == ["app None handled", "app None given"]
