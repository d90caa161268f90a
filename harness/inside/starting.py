"""``start_response``, kept back until the first byte of the body is due.

An exception may leave the app after it called ``start_response`` and before anything was sent: a
teardown that raises does. PEP 3333 lets the outer layer then call ``start_response`` once more with
``exc_info``, but gunicorn appends the second call's headers to the first's. Kept back, the server
is called once, with what is true in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeAlias

Headers: TypeAlias = list[tuple[str, str]]
ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]
StartResponse: TypeAlias = Callable[..., Callable[[bytes], object]]


class Start:
    """The ``start_response`` of one request."""

    __slots__ = ("_headers", "_server", "_status", "_write", "sent")

    def __init__(self, server: StartResponse) -> None:
        self._server = server
        self._status: str | None = None
        self._headers: Headers = []
        self._write: Callable[[bytes], object] | None = None
        self.sent = False

    def __call__(
        self, status: str, headers: Headers, exc_info: ExcInfo | None = None, /
    ) -> Callable[[bytes], None]:
        """Keep what the app answers; see PEP 3333.

        :raises AssertionError: if it is called again without ``exc_info``.
        """
        if exc_info is not None:
            try:
                if self.sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._status is not None:
            raise AssertionError("the app called start_response again without exc_info")
        self._status, self._headers = status, headers
        return self.write

    def send(self) -> None:
        """Call the server's ``start_response``, once; not if the app never called this one."""
        if not self.sent and self._status is not None:
            self.sent = True
            self._write = self._server(self._status, self._headers)

    def replace(self, status: str, headers: Headers) -> None:
        """Answer something else instead; only before :meth:`send`."""
        self._status, self._headers = status, headers
        self.send()

    def write(self, data: bytes) -> None:
        """Send a part of the body ahead of the iterable, as PEP 3333 still allows."""
        self.send()
        write: Any = self._write
        write(data)
