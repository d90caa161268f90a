"""A body without an end, or an answer that never comes, ends a check with a sentence; a long one does not."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.load.connections import NoResponseError
from harness.load.http import BODY_BYTES_MAX
from harness.load.recording import Recorder
from harness.load.visitor import Identity
from harness.plugin.asking import AskedWrongError
from harness.plugin.callers import CallingCaller, HttpCaller
from harness.plugin.calling import call, make_environ
from harness.plugin.driving import drive
from harness.plugin.serving import serving
from harness.workload.routes import read_requests

PLAN = read_requests("GET /events")


class Body:
    """Chunks, and whether they were closed."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self.closed += 1


def answering(body: Body) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> Body:
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return body

    return app


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    journal = JournalWriter(tmp_path / "0.journal", Side.CLIENT, 1, 1 << 20)
    yield Recorder(journal)
    journal.close()


def test_a_body_without_an_end_is_left_and_closed_once(recorder: Recorder) -> None:
    body = Body(itertools.repeat(b"data: 1\n\n"))
    caller = CallingCaller(answering(body), Identity(1, 0, 0), PLAN, recorder, (), timeout_s=0.0)
    words = r"^GET /events: its body does not end within 0 s: leave the route out with exclude=\['/events'\]$"
    with pytest.raises(AskedWrongError, match=words):
        drive([caller], 1, 100)
    assert body.closed == 1


def test_a_body_without_an_end_over_http(recorder: Recorder) -> None:
    ended = threading.Event()

    def trickle() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        ended.wait(30)

    with serving(answering(Body(trickle()))) as address:
        caller = HttpCaller(address, Identity(1, 0, 0), PLAN, recorder, 0.2)
        with pytest.raises(AskedWrongError, match="its body does not end within"):
            drive([caller], 1, 100)
        ended.set()


def test_a_body_that_is_too_long_is_no_answer() -> None:
    body = Body(itertools.repeat(bytes(BODY_BYTES_MAX // 4)))
    with pytest.raises(NoResponseError, match="too long"):
        call(answering(body), make_environ(b"GET / HTTP/1.1\r\n\r\n"))
    assert body.closed == 1


def test_a_body_of_many_chunks_is_read_to_its_end() -> None:
    body = Body(itertools.repeat(b"data: 1\n\n", 1000))
    assert call(answering(body), make_environ(b"GET / HTTP/1.1\r\n\r\n")).size == 9000
    assert body.closed == 1


class Waiting:
    """A client whose application answers when it is let go."""

    asking_for = "GET /poll"

    def __init__(self) -> None:
        self.may_go = threading.Event()

    def step(self) -> None:
        self.may_go.wait(30)


def test_an_application_that_answers_nothing_any_more_is_given_up() -> None:
    client = Waiting()
    try:
        with pytest.raises(
            AskedWrongError, match=r"answered nothing for 0\.01 s; it was asked for GET /poll:"
        ):
            drive([client], 1, 10, stalled_s=0.01)
    finally:
        client.may_go.set()


def test_an_application_that_answers_is_not() -> None:
    client = Waiting()
    client.may_go.set()
    drive([client], 1, 10)
