"""A scripted peer for clients, and a journal in memory."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from harness.history.columns import CLIENT_DTYPE
from harness.history.layout import RECORD_FORMAT, Kind

#: What a connection is handled by.
Script = Callable[["Wire"], None]
PATIENCE_S = 10.0


class Rows:
    """A journal in memory; its rows by name."""

    def __init__(self) -> None:
        self._words: list[tuple[int, ...]] = []

    def write(self, *words: int) -> None:
        self._words.append(words)

    def all(self) -> list[dict[str, int]]:
        packed = b"".join(struct.pack(RECORD_FORMAT, *words, 1) for words in self._words)
        records = np.frombuffer(packed, CLIENT_DTYPE)
        names = records.dtype.names or ()
        return [{name: int(record[name]) for name in names} for record in records]

    def of(self, canary: int, *kinds: Kind) -> list[dict[str, int]]:
        return [row for row in self.all() if row["op"] == canary and (not kinds or row["kind"] in kinds)]

    def kinds(self, canary: int) -> list[Kind]:
        return [Kind(row["kind"]) for row in self.of(canary) if row["kind"] != Kind.OBSERVE]


class Details(list[tuple[int, str]]):
    """Redacted lines in memory."""

    def write(self, op: int, text: str, sent: str = "", /) -> None:
        self.append((op, text))


class Wire:
    """One accepted connection, for a script to read requests from and answer on."""

    def __init__(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        self.socket = sock
        self.address = peer[0]
        self.requests: list[bytes] = []
        self._buffer = b""

    def read(self) -> bytes:
        """Return the next request whole, b'' at the end of the connection."""
        while (end := self._end()) is None:
            data = self.socket.recv(65_536)
            if not data:
                return b""
            self._buffer += data
        request, self._buffer = self._buffer[:end], self._buffer[end:]
        self.requests.append(request)
        return request

    def _end(self) -> int | None:
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return None
        if b"Transfer-Encoding: chunked" in self._buffer[:head]:  # one chunk without an empty line, a trailer
            last = self._buffer.find(b"\r\n\r\n", head + 4)
            return None if last < 0 else last + 4
        length = re.search(rb"Content-Length: (\d+)", self._buffer[:head])
        end = head + 4 + (int(length[1]) if length else 0)
        return end if len(self._buffer) >= end else None

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, **more: str) -> None:
        """Read a request and answer it as a right target answers NOT_FOUND."""
        request = self.read()
        if request:
            self.send(not_found(request, **more))

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def not_found(request: bytes, **more: str) -> bytes:
    canary = re.search(rb"X-Canary: (\w+)", request)
    assert canary is not None
    text = canary[1].decode()
    headers = {"X-Canary-Echo": text, "X-Canary-G": text, "X-Canary-G-Found": "0" * 16, **more}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 404 NOT FOUND\r\nContent-Length: 2\r\n{lines}\r\nno".encode()


class Peer:
    """Accepts connections and hands the n-th to the n-th script, the rest to the last one."""

    def __init__(self, scripts: tuple[Script, ...]) -> None:
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE_S)
        self.address: tuple[str, int] = self._listener.getsockname()
        self.wires: list[Wire] = []
        self.errors: list[BaseException] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                sock, address = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE_S)
            wire = Wire(sock, address)
            script = self._scripts[min(len(self.wires), len(self._scripts) - 1)]
            self.wires.append(wire)
            thread = threading.Thread(target=self._run, args=(script, wire))
            self._threads.append(thread)
            thread.start()

    def _run(self, script: Script, wire: Wire) -> None:
        try:
            with suppress(ConnectionError):  # clients may leave as they like
                script(wire)
        except BaseException as error:
            self.errors.append(error)
        finally:
            wire.socket.close()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        assert not self.errors
