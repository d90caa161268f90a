"""Whoever answers is untrusted: only a whole announcement counts."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from harness.workers.readiness import Announcement, ask
from harness.workers.spec import READY_PATH

Answering = Callable[[bytes], tuple[str, int]]


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Answer one connection with given bytes; return where."""
    threads: list[threading.Thread] = []
    asked: list[bytes] = []

    def answer(listener: socket.socket, text: bytes) -> None:
        with listener, listener.accept()[0] as connection:
            asked.append(connection.recv(65536))
            connection.sendall(text)

    def start(text: bytes) -> tuple[str, int]:
        listener = socket.create_server(("127.0.0.1", 0))
        threads.append(threading.Thread(target=answer, args=(listener, text)))
        threads[-1].start()
        host, port = listener.getsockname()
        return host, port

    yield start
    for thread in threads:
        thread.join()
    assert all(line.startswith(f"GET {READY_PATH} HTTP/1.1\r\n".encode()) for line in asked)


def response(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


OURS = {"run": "r", "pid": 12, "column": "thread-gthread", "inside": "yes", "later": 1}


def test_a_target_announces_itself(answering: Answering) -> None:
    said = ask(*answering(response(json.dumps(OURS).encode())), timeout_s=10)
    assert said == Announcement("r", 12, "thread-gthread", inside="yes")
    assert said.records


@pytest.mark.parametrize(
    "text",
    [
        response(b"<html>"),
        response(b'{"run": 1, "pid": 12, "column": "c"}'),
        response(json.dumps(OURS).encode(), "404 Not Found"),
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
    ],
)
def test_anybody_else_is_nobody(answering: Answering, text: bytes) -> None:
    assert ask(*answering(text), timeout_s=10) is None


def test_nobody_is_nobody() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        host, port = listener.getsockname()
    assert ask(host, port, timeout_s=10) is None
