"""The outermost wrapper: what it tells the app, records, answers and puts back."""

from __future__ import annotations

import json
import os
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from harness.history.canary import ABSENT, HEADER, UNMARKED, WRAPPER_HEADER, to_text
from harness.history.layout import Kind, Outcome
from harness.history.scenarios import Scenario
from harness.inside.body import BodyCutOffError
from harness.inside.locality import Locality
from harness.inside.sight import OP_KEY
from harness.inside.wrapper import SESSION_KEY, Wrapper, read_header
from harness.workers.spec import READY_PATH
from tests.unit.inside.miniature import OPERATION, SESSION, Process, crosstalk_header

KEY = "HTTP_" + WRAPPER_HEADER.upper().replace("-", "_")


class CutError(BaseException):
    canary = OPERATION


class Server:
    """The server's side of one request."""

    def __init__(self, wrapper: Any, **environ: Any) -> None:
        self.environ: dict[str, Any] = {KEY: crosstalk_header(), **environ}
        setup_testing_defaults(self.environ)
        self.started: list[tuple[str, dict[str, str]]] = []
        self.written: list[bytes] = []
        self.body: Any = wrapper(self.environ, self.start_response)

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        self.started.append((status, dict(headers)))
        return self.written.append

    def read(self) -> bytes:
        try:
            return b"".join(self.body)
        finally:
            self.body.close()


class Source:
    """An app's iterable that counts how often it was closed."""

    def __init__(self, chunks: Iterable[bytes | BaseException], closing: BaseException | None = None) -> None:
        self.chunks = iter(chunks)
        self.closing = closing
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk

    def close(self) -> None:
        self.closed += 1
        if self.closing is not None:
            raise self.closing


def app_of(source: Any, *, started: bool = True) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> Any:
        if started:
            start_response("200 OK", [("Content-Type", "text/plain"), ("X-From", "app")])
        if isinstance(source, BaseException):
            raise source
        return source

    return app


def wrap(process: Process, app: Any, *, guard: bool = True) -> Wrapper:
    return Wrapper(app, process.locality, process.observer, {"run": "r", "column": "c"}, guard=guard)


def lefts(process: Process) -> list[tuple[int, int]]:
    return [(row["detail"], row["value"]) for row in process.rows() if row["kind"] == Kind.LEFT]


# what passes through


def test_an_answer_passes_through(process: Process) -> None:
    source = Source([b"one", b"two"])
    server = Server(wrap(process, app_of(source)))
    assert server.started == []
    assert server.read() == b"onetwo"
    assert server.started == [("200 OK", {"Content-Type": "text/plain", "X-From": "app"})]
    assert source.closed == 1
    rows = process.rows()
    assert [row["kind"] for row in rows] == [Kind.ENTER, Kind.RETURN, Kind.EXIT]
    assert {(row["op"], row["value"], row["detail"], row["request"]) for row in rows} == {
        (OPERATION, SESSION, Scenario.ECHO, 0)
    }


@pytest.mark.parametrize("source", [[], [b""], (), [b"one"], iter([b"one"]), Source([])])
def test_headers_go_out_for_any_body(process: Process, source: Any) -> None:
    server = Server(wrap(process, app_of(source)))
    assert server.read() in {b"", b"one"}
    assert len(server.started) == 1


def test_a_length_that_servers_derive_a_content_length_from_is_kept(process: Process) -> None:
    assert len(Server(wrap(process, app_of([b"one"]))).body) == 1
    assert not hasattr(Server(wrap(process, app_of(iter([b"one"])))).body, "__len__")


def test_close_reaches_the_app_once(process: Process) -> None:
    source = Source([b"one", b"two"])
    server = Server(wrap(process, app_of(source)))
    next(iter(server.body))
    for _ in range(3):
        server.body.close()
    assert source.closed == 1
    assert process.kinds().count(Kind.EXIT) == 1


def test_a_body_that_is_never_read_is_closed(process: Process) -> None:
    source = Source([b"one"])
    server = Server(wrap(process, app_of(source)))
    server.body.close()
    assert (source.closed, server.started) == (1, [])


def test_chunks_of_streaming_scenarios_are_recorded(process: Process) -> None:
    for scenario in (Scenario.STREAM, Scenario.ECHO):
        header = crosstalk_header(scenario=scenario)
        assert Server(wrap(process, app_of(Source([b"one", b"two"]))), **{KEY: header}).read() == b"onetwo"
    assert process.kinds() == [
        Kind.ENTER, Kind.RETURN, Kind.CHUNK, Kind.CHUNK, Kind.EXIT, Kind.ENTER, Kind.RETURN, Kind.EXIT,
    ]  # fmt: skip


def test_the_legacy_write_still_works(process: Process) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])(b"written ")
        return [b"returned"]

    server = Server(wrap(process, app))
    assert server.written == [b"written "]
    assert server.read() == b"returned"
    assert len(server.started) == 1


def test_wsgiref_finds_nothing_to_complain_of(process: Process) -> None:
    for source in (Source([b"one", b"two"]), [b"one"], Source([ValueError("first")])):
        guarded = validator(wrap(process, validator(app_of(source))))
        environ: dict[str, Any] = {"QUERY_STRING": "", KEY: crosstalk_header()}
        setup_testing_defaults(environ)
        body: Any = guarded(environ, lambda status, headers, exc_info=None: lambda data: None)
        whole = b"".join(body)
        assert whole in {b"onetwo", b"one"} or whole.startswith(b"500: ")
        body.close()


def test_without_a_recorder_nothing_is_recorded() -> None:
    wrapper = Wrapper(app_of(Source([b"one"])), Locality(), None, {})
    assert Server(wrapper).read() == b"one"
    assert Server(Wrapper(app_of(ValueError()), Locality(), None, {})).read().startswith(b"500")


# what it tells the app, and whom it takes for a client of ours


def test_the_app_sees_the_canaries_and_not_the_header(process: Process) -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [])
        return []

    Server(wrap(process, app)).read()
    assert (seen[OP_KEY], seen[SESSION_KEY]) == (OPERATION, SESSION)
    assert KEY not in seen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        crosstalk_header()[:-1],
        crosstalk_header() + "0",
        crosstalk_header(scenario=0),
        crosstalk_header(scenario=255),
        crosstalk_header(number=SESSION),
        crosstalk_header(session=OPERATION),
        f"0x{OPERATION:014x}.{0:016x}.02",
        f"+{OPERATION:015x}.{0:016x}.02",
        f" {OPERATION:015x}.{0:016x}.02",
        f"1_{OPERATION % 16**14:014x}.{0:016x}.02",
        f"{OPERATION:016x}.{-1:016x}.02",
        f"{OPERATION:016x}.{0:016x}.-2",
        f"{OPERATION:016x}.{0:016x}.zz",
        f"{OPERATION:016x}-{0:016x}-02",
    ],
)
def test_a_header_of_nobodys_is_foreign(text: str) -> None:
    assert read_header(text) == (UNMARKED, ABSENT, 0)


def test_a_header_of_ours() -> None:
    assert read_header(None) == (UNMARKED, ABSENT, 0)
    assert read_header(crosstalk_header()) == (OPERATION, SESSION, 2)
    assert read_header(crosstalk_header(session=ABSENT)) == (OPERATION, ABSENT, 2)


def test_foreign_requests_pass_through_unmarked(process: Process) -> None:
    server = Server(wrap(process, app_of([b"one"])), **{KEY: ""})
    assert server.read() == b"one"
    assert {row["op"] for row in process.rows()} == {UNMARKED}
    assert server.environ[OP_KEY] == UNMARKED


def test_readiness_is_not_the_apps_business(process: Process) -> None:
    server = Server(wrap(process, app_of(AssertionError("the app was asked"))), PATH_INFO=READY_PATH)
    assert json.loads(b"".join(server.body)) == {"run": "r", "column": "c", "pid": os.getpid()}
    assert server.started[0][0] == "200 OK"
    assert process.rows() == []
    assert Server(wrap(process, app_of([b"app"])), PATH_INFO=READY_PATH + "/x").read() == b"app"


# what leaves the app

LEAVING = [
    (ValueError("x"), Outcome.ERROR, ABSENT),
    (CutError(), Outcome.BASE, OPERATION),
    (SystemExit(1), Outcome.BASE, ABSENT),
    (KeyboardInterrupt(), Outcome.BASE, ABSENT),
    (GeneratorExit(), Outcome.GENERATOR_EXIT, ABSENT),
    (ExceptionGroup("g", [ValueError(), ExceptionGroup("h", [KeyError()])]), Outcome.GROUP, ABSENT),
    (BaseExceptionGroup("g", [ValueError(), CutError()]), Outcome.GROUP, OPERATION),
]


@pytest.mark.parametrize(("error", "outcome", "canary"), LEAVING)
@pytest.mark.parametrize("started", [True, False])
def test_what_leaves_the_app_is_recorded_and_answered(
    process: Process, error: BaseException, outcome: Outcome, canary: int, started: bool
) -> None:
    server = Server(wrap(process, app_of(error, started=started)))
    assert server.read().startswith(b"500: ")
    ((status, headers),) = server.started
    assert status.startswith("500 ")
    assert headers[HEADER] == to_text(OPERATION)
    assert "X-From" not in headers
    assert process.kinds() == [Kind.ENTER, Kind.LEFT, Kind.EXIT]
    assert lefts(process) == [(outcome, canary)]


@pytest.mark.parametrize(("error", "outcome", "canary"), LEAVING)
def test_what_leaves_an_unsent_body_is_answered(
    process: Process, error: BaseException, outcome: Outcome, canary: int
) -> None:
    source = Source([error])
    server = Server(wrap(process, app_of(source)))
    assert server.read().startswith(b"500: ")
    assert len(server.started) == 1
    assert source.closed == 1
    assert process.kinds() == [Kind.ENTER, Kind.RETURN, Kind.LEFT, Kind.EXIT]
    assert lefts(process) == [(outcome, canary)]


@pytest.mark.parametrize(("error", "outcome", "canary"), LEAVING)
def test_a_body_that_has_begun_is_cut_off(
    process: Process, error: BaseException, outcome: Outcome, canary: int
) -> None:
    source = Source([b"one", error, b"two"])
    server = Server(wrap(process, app_of(source)))
    assert next(server.body) == b"one"
    with pytest.raises(BodyCutOffError) as caught:
        next(server.body)
    assert isinstance(caught.value, ConnectionResetError)
    server.body.close()
    assert source.closed == 1
    assert lefts(process) == [(outcome, canary)]
    assert process.kinds()[-1] == Kind.EXIT


def test_what_follows_a_written_part_is_cut_off(process: Process) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])(b"written")
        raise CutError

    with pytest.raises(BodyCutOffError):
        Server(wrap(process, app))
    assert process.kinds() == [Kind.ENTER, Kind.LEFT, Kind.EXIT]
    assert process.locality.here().number == ABSENT


@pytest.mark.parametrize(("error", "outcome", "canary"), LEAVING)
def test_what_close_raises_is_recorded_and_goes_no_further(
    process: Process, error: BaseException, outcome: Outcome, canary: int
) -> None:
    server = Server(wrap(process, app_of(Source([b"one"], closing=error))))
    assert server.read() == b"one"
    assert lefts(process) == [(outcome, canary)]
    assert process.kinds() == [Kind.ENTER, Kind.RETURN, Kind.LEFT, Kind.EXIT]


@pytest.mark.parametrize("source", [CutError(), Source([CutError()]), Source([], closing=CutError())])
def test_unguarded_the_server_sees_it(process: Process, source: Any) -> None:
    with pytest.raises(CutError):
        Server(wrap(process, app_of(source), guard=False)).read()
    assert lefts(process) == [(Outcome.BASE, OPERATION)]
    assert process.kinds()[-1] == Kind.EXIT
    assert process.locality.here().number == ABSENT


def test_start_response_again_is_the_apps_error(process: Process) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        start_response("201 CREATED", [])
        return []

    assert Server(wrap(process, app)).read().startswith(b"500: ")


def test_start_response_again_with_exc_info_replaces(process: Process) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            raise CutError
        except CutError as error:
            start_response("503 BUSY", [], (type(error), error, error.__traceback__))
        yield b"busy"
        try:
            raise CutError
        except CutError as error:
            start_response("500 LATE", [], (type(error), error, error.__traceback__))

    server = Server(wrap(process, app))
    assert next(server.body) == b"busy"
    assert server.started == [("503 BUSY", {})]
    with pytest.raises(BodyCutOffError):
        next(server.body)
    server.body.close()
    assert lefts(process) == [(Outcome.BASE, OPERATION)]


# whose operation runs here


def number_here(process: Process) -> int:
    return process.locality.here().number


def test_the_operation_is_set_wherever_the_app_runs(process: Process) -> None:
    seen: list[int] = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            seen.append(number_here(process))
            yield b"one"
            seen.append(number_here(process))

        def close(self) -> None:
            seen.append(number_here(process))

    def app(environ: dict[str, Any], start_response: Any) -> Body:
        seen.append(number_here(process))
        start_response("200 OK", [])
        return Body()

    assert Server(wrap(process, app)).read() == b"one"
    assert seen == [OPERATION] * 4
    assert number_here(process) == ABSENT


def test_a_request_inside_a_request_is_told_apart(process: Process) -> None:
    seen: list[int] = []
    inner_header = crosstalk_header(OPERATION + 1, ABSENT)

    def inner(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        seen.append(number_here(process))
        yield b"inner "
        seen.append(number_here(process))

    def outer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        server = Server(wrap(process, inner), **{KEY: inner_header})
        seen.append(number_here(process))
        chunks = list(server.body)
        seen.append(number_here(process))
        server.body.close()
        seen.append(number_here(process))
        return [*chunks, b"outer"]

    assert Server(wrap(process, outer)).read() == b"inner outer"
    assert seen == [OPERATION, OPERATION + 1, OPERATION + 1, OPERATION, OPERATION]
    rows = [(row["kind"], row["op"] - OPERATION) for row in process.rows()]
    assert rows == [
        (Kind.ENTER, 0), (Kind.ENTER, 1), (Kind.RETURN, 1), (Kind.EXIT, 1), (Kind.RETURN, 0), (Kind.EXIT, 0),
    ]  # fmt: skip


def test_a_body_read_on_another_thread_takes_its_operation_along(process: Process) -> None:
    seen: list[tuple[int, int]] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        seen.append((number_here(process), threading.get_ident()))
        yield b"one"

    server = Server(wrap(process, app))
    other: list[int] = []

    def read() -> None:
        server.read()
        other.append(number_here(process))

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert [number for number, _ in seen] == [OPERATION]
    assert other == [ABSENT]
    threads = {int(record["kind"]): int(record["thread"]) for record in process.records()}
    assert threads[Kind.ENTER] == threading.get_native_id()
    assert threads[Kind.EXIT] != threads[Kind.ENTER]


def test_contexts_left_current_are_seen_at_exit(process: Process) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        environ_of = types.SimpleNamespace(environ=environ)
        process.hold(types.SimpleNamespace(request=environ_of, session=None, crosstalk_activation=1))
        return []

    Server(wrap(process, app)).read()
    process.hold()
    Server(wrap(process, app_of([]))).read()
    left = [row["request"] for row in process.rows() if row["kind"] == Kind.EXIT]
    assert left == [OPERATION, ABSENT]
