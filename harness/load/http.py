"""HTTP/1.x from the client's side, without any I/O: requests to bytes, bytes to responses.

Not ``http.client``: an oracle has to notice a second response, a body where none may be, a cut
chunk; it has to pipeline; and it has to be cheap beside the target.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

HEAD_BYTES_MAX = 65_536
BODY_BYTES_MAX = 16_777_216
_CHUNK_LENGTH = re.compile(rb"[0-9a-fA-F]{1,8}")
_BODILESS = frozenset({204, 304})


class GarbledResponseError(Exception):
    """What came back is no HTTP response; the message is constant, the bytes are not shown."""


@dataclass(frozen=True, slots=True)
class Response:
    """One response. ``headers`` are (lower-case name, value) in order; ``size`` counts its bytes.

    ``reason`` is what its status line says after the status.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    keeps_alive: bool
    size: int
    reason: str = ""

    def header(self, name: str) -> str | None:
        """Return the first header of this lower-case name, None if there is none."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def all_headers(self, name: str) -> list[str]:
        """Return every header of this lower-case name."""
        return [value for key, value in self.headers if key == name]


def encode_request(
    method: str, path: str, host: str, headers: Sequence[tuple[str, str]], body: bytes, *, close: bool
) -> bytes:
    """Return the bytes of one HTTP/1.1 request; with a length whenever there is a body.

    A body that *headers* say is chunked has been cut into chunks already. *path* is quoted already; a value
    beyond Latin-1 goes out as UTF-8.
    """
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers]
    chunked = any(name == "Transfer-Encoding" for name, _ in headers)
    if not chunked and (body or method in {"POST", "PUT"}):
        lines.append(f"Content-Length: {len(body)}")
    if close:
        lines.append("Connection: close")
    head = "\r\n".join((*lines, "", ""))
    try:
        return head.encode("latin-1") + body
    except UnicodeEncodeError:  # whose ever it is: only a value of a header can hold that
        return head.encode() + body


def _parse_head(block: bytes) -> tuple[str, int, str, tuple[tuple[str, str], ...]]:
    """Return version, status, reason and headers of a response's head."""
    first, *rest = block.decode("latin-1").split("\r\n")
    parts = first.split(" ", 2)
    if len(parts) < 2 or parts[0] not in {"HTTP/1.0", "HTTP/1.1"} or not parts[1].isdecimal():
        raise GarbledResponseError("the response does not start with an HTTP status line")
    headers = []
    for line in rest:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise GarbledResponseError("the response has a header line without a name")
        headers.append((name.lower(), value.strip()))
    return parts[0], int(parts[1]), "".join(parts[2:]), tuple(headers)


@dataclass(slots=True)
class _Begun:
    """A response whose head was read; ``remaining`` is None while its length is unknown."""

    status: int
    headers: tuple[tuple[str, str], ...]
    keeps_alive: bool
    chunked: bool
    remaining: int | None
    size: int
    reason: str = ""
    body: bytearray = field(default_factory=bytearray)

    def finish(self) -> Response:
        body = bytes(self.body)
        return Response(self.status, self.headers, body, self.keeps_alive, self.size, self.reason)


class ResponseReader:
    """Turns the bytes of one connection into responses, fed in any pieces.

    Say :meth:`expect` for each request sent, :meth:`feed` what arrives, :meth:`end` at the end of
    the connection, and :meth:`take` complete responses. After an error the connection is useless.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._methods: deque[str] = deque()
        self._begun: _Begun | None = None
        self._ended = False

    def expect(self, method: str) -> None:
        """Note that a request with this method was sent: its response is one more to come."""
        self._methods.append(method)

    def feed(self, data: bytes) -> None:
        """Add bytes that arrived."""
        self._buffer += data

    def end(self) -> None:
        """Note that the target closed the connection."""
        self._ended = True

    @property
    def leftover(self) -> int:
        """How many bytes arrived that no request asked for.

        While a response is still due they belong to it, even if the connection broke in its middle.
        """
        return 0 if self._methods else len(self._buffer)

    @property
    def partial(self) -> Response | None:
        """The response that is being read, as far as it arrived; None before its head did."""
        return self._begun.finish() if self._begun else None

    def take(self) -> Response | None:
        """Return the next complete response, None if more has to arrive.

        :raises GarbledResponseError: if the bytes are no response.
        """
        while self._methods:
            begun = self._begun = self._begun or self._begin()
            if begun is None:
                return None
            done = self._read_chunked(begun) if begun.chunked else self._read_plain(begun)
            if not done:
                return None
            self._begun = None
            if begun.status >= 200:  # 1xx come before the response itself
                self._methods.popleft()
                return begun.finish()
        return None

    def _begin(self) -> _Begun | None:
        """Read a head if it is complete; bytes before it are an error at once, not a wait."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            start = bytes(self._buffer[:5])
            if start != b"HTTP/"[: len(start)]:
                raise GarbledResponseError("the response does not start with an HTTP status line")
            if len(self._buffer) > HEAD_BYTES_MAX:
                raise GarbledResponseError("the response's head is too long")
            return None
        version, status, reason, headers = _parse_head(bytes(self._buffer[:end]))
        del self._buffer[: end + 4]
        begun = _measure(version, status, headers, self._methods[0], end + 4)
        begun.reason = reason
        return begun

    def _read_plain(self, begun: _Begun) -> bool:
        if begun.remaining is None:
            self._move(begun, len(self._buffer))
            return self._ended
        begun.remaining -= self._move(begun, begun.remaining)
        return begun.remaining == 0

    def _move(self, begun: _Begun, most: int) -> int:
        piece = self._buffer[:most]
        del self._buffer[: len(piece)]
        begun.body += piece
        begun.size += len(piece)
        if len(begun.body) > BODY_BYTES_MAX:
            raise GarbledResponseError("the response's body is too long")
        return len(piece)

    def _read_chunked(self, begun: _Begun) -> bool:
        """Read what arrived of a chunked body; ``remaining`` is what is left of the open chunk."""
        while True:
            if begun.remaining:
                begun.remaining -= self._move(begun, begun.remaining)
                if begun.remaining:
                    return False
                begun.remaining = 0
            size = self._chunk_size(begun)
            if size is None:
                return False
            if size == 0:
                return True
            begun.remaining = size

    def _chunk_size(self, begun: _Begun) -> int | None:
        """Read the line that opens a chunk, with the line end of the chunk before it if any.

        A last chunk is only read together with the empty line behind it; trailers are refused,
        as no probe sends any.
        """
        buffer = self._buffer
        start = 2 if begun.body else 0
        if buffer[:start] != b"\r\n"[:start][: len(buffer)]:
            raise GarbledResponseError("a chunk is longer than it says")
        end = buffer.find(b"\r\n", start)
        if end < 0:
            if len(buffer) > start + 64:
                raise GarbledResponseError("a chunk does not say its length")
            return None
        digits = bytes(buffer[start:end]).split(b";")[0].strip()
        if not _CHUNK_LENGTH.fullmatch(digits):
            raise GarbledResponseError("a chunk does not say its length")
        size = int(digits, 16)
        end += 2
        if size == 0:
            if len(buffer) < end + 2:
                return None
            if buffer[end : end + 2] != b"\r\n":
                raise GarbledResponseError("the last chunk is followed by something else")
            end += 2
        del buffer[:end]
        begun.size += end
        return size


def _measure(
    version: str, status: int, headers: tuple[tuple[str, str], ...], method: str, size: int
) -> _Begun:
    """Decide how long a body is (RFC 9112, 6.3) and whether the connection outlives it."""
    values = dict(reversed(headers))
    connection = values.get("connection", "").lower()
    keeps_alive = "close" not in connection and (version == "HTTP/1.1" or "keep-alive" in connection)
    chunked = "chunked" in values.get("transfer-encoding", "").lower()
    remaining: int | None = None
    if method == "HEAD" or status in _BODILESS or status < 200:
        chunked, remaining = False, 0
    elif chunked:
        remaining = 0
    elif "content-length" in values:
        if not values["content-length"].isdecimal():
            raise GarbledResponseError("the response's length is no number")
        remaining = int(values["content-length"])
    return _Begun(status, headers, keeps_alive and remaining is not None, chunked, remaining, size)
