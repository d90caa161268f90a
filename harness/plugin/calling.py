"""A connection that calls a WSGI application instead of opening a socket.

It is a server in the sense of PEP 3333: it makes the environ of the very bytes that would have been sent,
iterates the body to its end, and closes it exactly once. So a client can't tell the difference, and neither
can the application, but for what only sockets do. A body that has no end (server-sent events) is left as
a client would leave it: after a time, or when it is too long.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from harness.load.connections import Connection, NoResponseError
from harness.load.http import BODY_BYTES_MAX, Response
from harness.target import WSGIApplication

_WITHOUT_PREFIX = frozenset({"content-type", "content-length"})
#: A body is left after this time, as a connection's answer is.
BODY_TIMEOUT_S = 20.0


class EndlessBodyError(NoResponseError):
    """A body went on and on."""


class CallingConnection(Connection):
    """Carries requests to *app*, on the thread or greenlet that sends them.

    :param body_timeout_s: how long one body may take.
    """

    def __init__(
        self,
        app: WSGIApplication,
        number: int,
        *,
        url_scheme: str = "http",
        body_timeout_s: float = BODY_TIMEOUT_S,
    ) -> None:
        super().__init__(("127.0.0.1", 0), "", number, 0.0)
        self._app = app
        self._scheme = url_scheme
        self._body_timeout_s = body_timeout_s
        self._response: Response | None = None
        self._is_open = False

    def open(self) -> None:
        """Nothing is opened."""
        self._is_open = True

    @property
    def is_open(self) -> bool:
        """Whether it was opened."""
        return self._is_open

    def reusable(self) -> bool:
        """Whether another request may be sent."""
        return self._is_open

    @property
    def leftover(self) -> int:
        """Nothing ever arrives that was not asked for."""
        return 0

    def close(self) -> None:
        """Carry no more."""
        self._is_open = False

    def send(self, data: bytes, methods: tuple[str, ...]) -> None:
        """Call the application with the request that *data* is.

        :raises NoResponseError: if it left no whole answer.
        """
        self._response = call(self._app, make_environ(data, self._scheme), self._body_timeout_s)

    def receive(self, enough: Callable[[Response], bool] | None = None) -> Response:
        """Return the answer to the request sent last.

        :raises NoResponseError: if there is none.
        """
        response, self._response = self._response, None
        if response is None:
            raise NoResponseError("no request was sent")
        return response


def make_environ(data: bytes, scheme: str = "http") -> dict[str, Any]:
    """Return the WSGI environ of one HTTP/1.1 request, given as its bytes."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, protocol = first.split(" ", 2)
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": protocol,
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "0",
        "RAW_URI": target,
        "REQUEST_URI": target,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for line in lines:
        name, _, value = line.partition(":")
        key = name.upper().replace("-", "_")
        key = key if name.lower() in _WITHOUT_PREFIX else f"HTTP_{key}"
        value = value.strip()
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    host, _, port = environ.get("HTTP_HOST", "localhost").partition(":")
    environ["SERVER_NAME"], environ["SERVER_PORT"] = host, port or "80"
    return environ


def call(app: WSGIApplication, environ: dict[str, Any], body_timeout_s: float = BODY_TIMEOUT_S) -> Response:
    """Call *app*, read its body to the end and close it.

    :raises EndlessBodyError: if its body has no end, as far as one can wait for it.
    :raises NoResponseError: if it left no whole answer: an exception came out, or no status.
    """
    started: list[tuple[str, list[tuple[str, str]]]] = []
    chunks: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = [(status, headers)]
        return chunks.append

    # Interleaving may profile this thread from here on; the client's own code is none of the application's.
    profile = sys.getprofile()
    try:
        body = app(environ, start_response)
        try:
            _read(body, chunks, body_timeout_s)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
    except NoResponseError:
        raise
    except Exception as error:  # the wrapper has recorded it; a server would cut the connection
        raise NoResponseError(f"cut off by {type(error).__name__}") from None
    finally:
        sys.setprofile(profile)
    if not started:
        raise NoResponseError("the application never called start_response")
    return _make_response(environ["REQUEST_METHOD"], *started[0], b"".join(chunks))


def _read(body: Iterable[bytes], chunks: list[bytes], timeout_s: float) -> None:
    """Read *body* into *chunks*, to its end."""
    deadline_s, size = time.monotonic() + timeout_s, 0
    for chunk in body:
        chunks.append(chunk)
        size += len(chunk)
        if size > BODY_BYTES_MAX:
            raise NoResponseError("the response's body is too long")
        if time.monotonic() > deadline_s:
            raise EndlessBodyError(f"its body does not end within {timeout_s:g} s")


def _make_response(method: str, status: str, headers: list[tuple[str, str]], body: bytes) -> Response:
    code, _, reason = status.partition(" ")
    sent = b"" if method == "HEAD" else body
    lower = tuple((name.lower(), value) for name, value in headers)
    number = int(code) if code.isdecimal() else 0
    return Response(number, lower, sent, keeps_alive=True, size=len(sent), reason=reason)
