"""Bodies streamed with context: one teardown, after the last byte or at close, told the right thing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest

import targetapp
from targetapp import App, Response, g, has_app_context, has_request_context, request, stream_with_context
from targetapp.framework import checkpoint, steps
from tests.unit.framework.tracing import OURS, Answer, Boom, Exit, Trace, name_of, teardown_words

BEFORE = (
    "pushed open started uvp uvp.bp before1 before2 before.bp view after.bp after2 after1 save finished start"
)


def streaming(body: Callable[[Trace], Iterator[str]], **raises: BaseException) -> Trace:
    """Return a trace whose view streams *body* with context."""
    trace = Trace(OURS, raises)
    trace.build()
    trace.view = lambda: stream_with_context(body(trace))
    return trace


def two_chunks(trace: Trace) -> Iterator[str]:
    try:
        yield f"1{request.method}"
        yield f"2{request.method}"
    finally:
        trace.note(f"finally.{request.method}")


def nothing_current() -> bool:
    return not has_app_context() and not has_request_context()


def test_read_to_the_end() -> None:
    trace = streaming(two_chunks)
    answer = Answer()
    with trace.connected():
        body = iter(trace.call(answer))
        assert trace.words == BEFORE
        assert nothing_current()
        chunks = []
        for chunk in body:
            chunks.append(chunk)
            assert nothing_current()
            assert "popped" not in trace.events
        assert chunks == [b"1GET", b"2GET"]
        assert trace.words == f"{BEFORE} finally.GET {teardown_words()}"
        body.close()  # type: ignore[attr-defined]
        assert trace.words == f"{BEFORE} finally.GET {teardown_words()}"
    assert nothing_current()


def test_closed_after_a_chunk() -> None:
    trace = streaming(two_chunks)
    with trace.connected():
        body: Any = trace.call(Answer())
        assert next(body) == b"1GET"
        body.close()
    assert trace.words == f"{BEFORE} finally.GET {teardown_words('GeneratorExit')}".replace(
        "GeneratorExit", name_of(GeneratorExit())
    )
    assert nothing_current()


def test_closed_unread() -> None:
    trace = streaming(two_chunks)
    with trace.connected():
        body: Any = trace.call(Answer())
        body.close()
    assert trace.words == f"{BEFORE} {teardown_words('GeneratorExit')}"


def test_head_is_not_cut_short() -> None:
    trace = streaming(two_chunks)
    assert trace.run(method="HEAD").body == b""
    assert trace.words == f"{BEFORE} {teardown_words()}"


def test_not_modified_is_not_cut_short() -> None:
    trace = streaming(two_chunks)
    trace.view = lambda: Response(stream_with_context(two_chunks(trace)), status=304)
    trace.run()
    assert trace.words == f"{BEFORE} {teardown_words()}"


@pytest.mark.parametrize("started", [False, True])
def test_dropped(started: bool) -> None:
    trace = streaming(two_chunks)
    with trace.connected():
        body = iter(trace.call(Answer()))
        if started:
            next(body)
        del body
        assert trace.words == f"{BEFORE} {'finally.GET ' if started else ''}{teardown_words('GeneratorExit')}"
    assert nothing_current()


def raising(error: BaseException) -> Callable[[Trace], Iterator[str]]:
    def body(_: Trace) -> Iterator[str]:
        yield "1"
        raise error

    return body


@pytest.mark.parametrize("error", [Boom("boom"), Exit("exit")])
def test_body_raises(error: BaseException) -> None:
    trace = streaming(raising(error))
    answer = trace.run()
    assert answer.status == 200
    assert answer.leaving is error
    assert trace.words == f"{BEFORE} {teardown_words(name_of(error))}"
    assert nothing_current()


def test_body_and_teardown_raise() -> None:
    trace = streaming(raising(Exit("exit")), td1=Boom("t"))
    leaving = trace.run().leaving
    assert isinstance(leaving, Exit)
    assert isinstance(leaving.__context__, ExceptionGroup)
    assert [name_of(each) for each in leaving.__context__.exceptions] == ["t"]


def test_teardown_raises_after_the_last_chunk() -> None:
    trace = streaming(two_chunks, td1=Boom("t"))
    answer = trace.run()
    assert isinstance(answer.leaving, ExceptionGroup)
    assert trace.words == f"{BEFORE} finally.GET {teardown_words()}"


def test_replaced_by_a_500() -> None:
    trace = streaming(two_chunks, after2=Boom("boom"))
    answer = trace.run()
    assert answer.status == 500
    assert trace.events.count("td1:boom") == trace.events.count("popped") == 1
    assert trace.events[-1] == "popped"
    assert nothing_current()


def test_torn_down_before_the_return_if_it_was_replaced() -> None:
    trace = streaming(two_chunks, after2=Boom("boom"))
    with trace.connected():
        trace.call(Answer())
        assert trace.events[-1] == "popped"


def test_read_inside_the_view() -> None:
    trace = streaming(two_chunks)
    trace.view = lambda: "".join(stream_with_context(two_chunks(trace)))
    answer = trace.run()
    assert answer.body == b"1GET2GET"
    assert trace.words.endswith(teardown_words())
    assert trace.events.count("popped") == 1


def test_inside_another_iterator() -> None:
    trace = streaming(two_chunks)

    def upper(chunks: Iterator[str]) -> Iterator[str]:
        for chunk in chunks:
            yield chunk.lower()

    trace.view = lambda: upper(stream_with_context(two_chunks(trace)))
    assert trace.run().body == b"1get2get"
    assert trace.words == f"{BEFORE} finally.GET {teardown_words()}"


def test_inside_something_that_keeps_and_never_closes_it() -> None:
    trace = streaming(two_chunks)
    kept = []

    class Deaf(Iterator[str]):
        def __init__(self, body: Any) -> None:
            kept.append(body)

        def __next__(self) -> str:
            return str(next(kept[0]))

    trace.view = lambda: Deaf(stream_with_context(two_chunks(trace)))
    with trace.connected():
        body: Any = trace.call(Answer())
        next(body)
        body.close()
    assert trace.words == f"{BEFORE} {teardown_words('GeneratorExit')}"
    kept[0].close()
    assert trace.events.count("popped") == 1


def test_a_generator_function_may_be_decorated() -> None:
    trace = streaming(two_chunks)

    def view() -> Any:
        @stream_with_context
        def body(text: str) -> Iterator[str]:
            yield text + request.method

        return body("x")

    trace.view = view
    assert trace.run().body == b"xGET"
    assert trace.words == f"{BEFORE} {teardown_words()}"


def test_two_streams_in_one_answer() -> None:
    trace = streaming(two_chunks)

    def view() -> Any:
        one, two = (stream_with_context(iter([word, word])) for word in "ab")

        def both() -> Iterator[str]:
            for pair in zip(one, two, strict=True):
                yield "".join(pair)

        return both()

    trace.view = view
    assert trace.run().body == b"abab"
    assert trace.events.count("popped") == 1


def app_of_streams() -> App:
    """Return an app whose body says, at each chunk, whose it is."""
    app = App("streams", static_folder=None)

    @app.get("/<name>")
    def stream(name: str) -> Any:
        g.name = name

        def body() -> Iterator[str]:
            for _ in range(3):
                yield f"{name}{request.path}{g.name} "

        return stream_with_context(body())

    @app.teardown_request
    def note(exc: BaseException | None) -> None:
        app.extensions.setdefault("torn", []).append((request.path, g.name, type(exc).__name__))

    return app


def open_body(app: App, path: str) -> Any:
    context = app.test_request_context(path)
    return app.wsgi_app(context.request.environ, lambda *_: lambda _: None)


def test_two_bodies_interleaved_on_one_thread() -> None:
    app = app_of_streams()
    one, two = open_body(app, "/one"), open_body(app, "/two")
    chunks = [next(one), next(two), next(one), next(two), next(two), next(one)]
    assert b"".join(chunks) == b"one/oneone two/twotwo one/oneone two/twotwo two/twotwo one/oneone "
    two.close()
    assert next(one, None) is None
    assert app.extensions["torn"] == [("/two", "two", "GeneratorExit"), ("/one", "one", "NoneType")]
    assert nothing_current()


def in_thread(function: Callable[[], Any]) -> Any:
    """Return what *function* returned on another thread."""
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append((function(), nothing_current())))
    thread.start()
    thread.join()
    value, clean = result[0]
    assert clean
    return value


def in_greenlet(function: Callable[[], Any]) -> Any:
    """Return what *function* returned in another greenlet."""
    value, clean = gevent.spawn(lambda: (function(), nothing_current())).get()
    assert clean
    return value


ELSEWHERE = pytest.mark.parametrize("elsewhere", [in_thread, in_greenlet])


@ELSEWHERE
def test_iterated_elsewhere(elsewhere: Callable[[Callable[[], Any]], Any]) -> None:
    app = app_of_streams()
    body = open_body(app, "/one")
    assert elsewhere(lambda: next(body)) == b"one/oneone "
    assert next(body) == b"one/oneone "
    assert elsewhere(lambda: list(body)) == [b"one/oneone "]
    assert app.extensions["torn"] == [("/one", "one", "NoneType")]
    assert nothing_current()


@ELSEWHERE
def test_closed_elsewhere(elsewhere: Callable[[Callable[[], Any]], Any]) -> None:
    app = app_of_streams()
    body = open_body(app, "/one")
    next(body)
    elsewhere(body.close)
    assert app.extensions["torn"] == [("/one", "one", "GeneratorExit")]
    assert nothing_current()


def test_closed_elsewhere_inside_another_request() -> None:
    app = app_of_streams()
    body = open_body(app, "/one")
    with app.test_request_context("/other"):
        g.name = "other"
        body.close()
        assert (request.path, g.name) == ("/other", "other")
    assert app.extensions["torn"][0] == ("/one", "one", "GeneratorExit")


def test_a_running_body_is_not_ended_by_others() -> None:
    app = App("busy", static_folder=None)
    inside, go_on = threading.Event(), threading.Event()

    @app.get("/")
    def stream() -> Any:
        def body() -> Iterator[str]:
            inside.set()
            go_on.wait(10)
            yield request.path

        return stream_with_context(body())

    told: list[object] = []
    app.teardown_request(told.append)
    body = open_body(app, "/")
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.extend(body))
    thread.start()
    inside.wait(10)
    with pytest.raises(ValueError, match="already executing"):
        body.close()
    assert told == []
    go_on.set()
    thread.join()
    assert got == [b"/"]
    assert told == [None]


def test_a_context_that_the_body_pushed_stays_the_body_s() -> None:
    app = app_of_streams()

    @app.get("/nested/<name>")
    def nested(name: str) -> Any:
        def body() -> Iterator[str]:
            g.name = name
            with app.app_context():
                g.name = f"inner-{name}"
                yield g.name
                yield g.name
            yield g.name

        return stream_with_context(body())

    one, two = open_body(app, "/nested/one"), open_body(app, "/nested/two")
    got = [next(one), next(two), next(one), in_thread(lambda: next(two))]
    assert got == [b"inner-one", b"inner-two", b"inner-one", b"inner-two"]
    assert [next(one), in_thread(lambda: next(two))] == [b"one", b"two"]
    one.close()
    two.close()
    assert nothing_current()


def test_a_context_that_the_body_left_pushed_is_named() -> None:
    app = app_of_streams()
    torn: list[Any] = []
    app.teardown_appcontext(lambda _: torn.append(g.get("name")))

    @app.get("/left")
    def left() -> Any:
        g.name = "own"

        def body() -> Iterator[str]:
            app.app_context().push()
            g.name = "stray"
            yield "x"

        return stream_with_context(body())

    body = open_body(app, "/left")
    assert next(body) == b"x"
    with pytest.raises(targetapp.StrayContextError, match=r"test_streaming.py:.*in body"):
        next(body)
    assert torn == ["own", "stray"]
    assert nothing_current()


def test_killed_while_streaming() -> None:
    app = App("killed", static_folder=None)
    told: list[str] = []
    app.teardown_request(lambda exc: told.append(type(exc).__name__))
    forever = gevent.event.Event()

    @app.get("/")
    def stream() -> Any:
        def body() -> Iterator[str]:
            yield "1"
            forever.wait()

        return stream_with_context(body())

    reached = gevent.event.Event()

    def serve() -> None:
        for _ in open_body(app, "/"):
            reached.set()

    greenlet = gevent.spawn(serve)
    reached.wait()
    gevent.sleep(0)
    greenlet.kill()
    assert told == ["GreenletExit"]


def test_steps_of_a_streamed_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of_streams()
    app.secret_key = "key"
    seen: list[str] = []
    monkeypatch.setattr(checkpoint, "hook", lambda step, _: seen.append(step))
    body = open_body(app, "/one")
    start = steps.NORMAL.index(steps.START_RESPONSE) + 1
    assert seen == list(steps.NORMAL[:start])
    list(body)
    assert seen == list(steps.NORMAL)


def test_the_test_client_keeps_the_context_of_a_streamed_answer() -> None:
    app = app_of_streams()
    with app.test_client() as client:
        response = client.get("/one")
        assert request.path == "/one"
        assert response.text == "one/oneone " * 3
        assert (request.path, g.name) == ("/one", "one")
        assert "torn" not in app.extensions
    assert app.extensions["torn"] == [("/one", "one", "NoneType")]
    assert nothing_current()


def test_outside_a_request() -> None:
    with pytest.raises(RuntimeError, match="call it in the view"):
        stream_with_context(iter(()))


def failing_at_close(trace: Trace) -> Iterator[str]:
    try:
        yield "1"
    finally:
        raise Boom(f"closing {request.method}")


def test_closing_the_body_raises() -> None:
    trace = streaming(failing_at_close, td1=Boom("t"))
    with trace.connected():
        body: Any = trace.call(Answer())
        next(body)
        with pytest.raises(ExceptionGroup) as caught:
            body.close()
    assert [name_of(error) for error in caught.value.exceptions] == ["t"]
    assert name_of(caught.value.__context__) == "closing GET"
    told = "closing GET"
    assert trace.words == f"{BEFORE} {teardown_words(told)}"
    assert nothing_current()


def test_a_dropped_body_whose_teardown_raises_is_logged() -> None:
    trace = streaming(two_chunks, td1=Boom("t"))
    with trace.connected():
        body = trace.call(Answer())
        del body
    assert trace.words == f"{BEFORE} {teardown_words('GeneratorExit')} log"


def test_what_is_around_the_body_raises() -> None:
    trace = streaming(two_chunks)
    kept: list[Any] = []

    def around(chunks: Any) -> Iterator[str]:
        kept.append(chunks)  # so that the body does not end by being dropped
        yield next(chunks)
        raise Boom("around")

    trace.view = lambda: around(stream_with_context(two_chunks(trace)))
    answer = trace.run()
    assert name_of(answer.leaving) == "around"
    assert trace.words == f"{BEFORE} {teardown_words('around')}"


def test_what_is_around_the_body_and_a_teardown_raise() -> None:
    trace = streaming(two_chunks, td1=Boom("t"))
    kept: list[Any] = []

    def around(chunks: Any) -> Iterator[str]:
        kept.append(chunks)
        yield next(chunks)
        raise Exit("around")

    trace.view = lambda: around(stream_with_context(two_chunks(trace)))
    leaving = trace.run().leaving
    assert name_of(leaving) == "around"
    assert isinstance(leaving, Exit)
    assert isinstance(leaving.__context__, ExceptionGroup)


def test_a_500_handler_may_stream_too() -> None:
    trace = streaming(two_chunks, view=Boom("boom"))
    trace.app.register_error_handler(500, lambda _: stream_with_context(two_chunks(trace)))
    answer = trace.run()
    assert answer.body == b"1GET2GET"
    assert trace.words.endswith(f"start finally.GET {teardown_words('boom')}")
    assert trace.events.count("popped") == 1
