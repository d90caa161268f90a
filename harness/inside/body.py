"""The body of a response on its way to the server: what iterates and closes it is recorded.

Rules: each call into the app's iterable runs with its operation set, wherever the server makes it,
and what was set there before is put back; its ``close()`` is called exactly once, also after an error;
EXIT is recorded after that, whatever it raised.

What an exception that leaves the iterable becomes:

- nothing was sent yet: a complete 500;
- the body has begun: the client must see that it is incomplete, and the connection can't be used
  again. A ``ConnectionResetError`` says so to every server. Tried on each: gunicorn (sync,
  gthread, gevent), gevent.pywsgi, waitress and Werkzeug close the connection without the last
  chunk. Any other exception makes Werkzeug append an error page and the last chunk, and a
  SystemExit ends gunicorn's worker;
- it comes from ``close()``: nothing. The body is complete, and recorded is that it left.

A greenlet that is killed gets its GreenletExit at a switch inside the app. It is treated alike,
since a view may raise one itself: the client gets a 500 or sees a body cut off. A server that
stops kills its greenlets and then waits for their connections for a limited time, so that this
holds up no end. What a kill interrupts outside the app (a blocked send) does not come by here; the
server then calls ``close()``.

A server's own ``wsgi.file_wrapper`` is iterated like any other body, so nothing is sent by
``sendfile`` while a target is recorded; a body of known length keeps its ``len()``, from which
servers derive a Content-Length.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Sized
from typing import Protocol, Self, cast

from harness.history.canary import HEADER, to_text

from .locality import Here, Locality
from .starting import Headers, Start

_TEXT = b"500: an exception left the application; recorded by crosstalk\n"
_STATUS = "500 INTERNAL SERVER ERROR"


class Recorder(Protocol):
    """What records the wrapper's events; :class:`~harness.inside.observer.Observer` does."""

    def enter(self, here: Here) -> None:
        """Record that the outermost wrapper got the request."""

    def left(self, here: Here, error: BaseException) -> None:
        """Record that an exception left the app."""

    def returned(self, here: Here) -> None:
        """Record that the app returned its iterable."""

    def chunk(self, here: Here) -> None:
        """Record that a streamed body yielded a chunk."""

    def exit(self, here: Here) -> None:
        """Record that the operation has left the target."""

    def closed_again(self, here: Here) -> None:
        """Record that the server closed the body a second time."""

    def never_closed(self, here: Here) -> None:
        """Record that the server dropped the body without closing it."""


class BodyCutOffError(ConnectionResetError):
    """Told to the server when a body that has begun can't be ended."""

    def __init__(self) -> None:
        # Servers take this number for a client that went away, and say nothing of it.
        super().__init__(errno.ECONNRESET, "an exception left the body; recorded by crosstalk")


class Body:
    """The iterable the server gets.

    :param here: the operation, where the app was called.
    :param before: what to put back when the operation has left.
    :param streams: whether each chunk is recorded.
    :param guard: whether exceptions are answered; otherwise they are recorded and passed on.
    """

    __slots__ = (
        "_before",
        "_closed",
        "_guard",
        "_here",
        "_iterator",
        "_locality",
        "_recorder",
        "_source",
        "_start",
        "_streams",
    )

    def __init__(
        self,
        source: Iterable[bytes],
        start: Start,
        locality: Locality,
        recorder: Recorder,
        *,
        here: Here,
        before: Here,
        streams: bool,
        guard: bool,
    ) -> None:
        self._source = source
        self._start = start
        self._locality = locality
        self._recorder = recorder
        self._here = here
        self._before = before
        self._streams = streams
        self._guard = guard
        self._iterator: Iterator[bytes] | None = None
        self._closed = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        """Return the app's next chunk; the headers go out with the first one."""
        moved = self._arrive()
        try:
            if self._iterator is None:
                self._iterator = iter(self._source)
            chunk = next(self._iterator)
            if self._streams:
                self._recorder.chunk(self._here)
        except StopIteration:
            chunk = None
        except BaseException as error:
            self._recorder.left(self._here, error)
            if not self._guard:
                raise
            self._iterator = iter(())
            return refuse(self._start, self._here)
        finally:
            if moved is not None:
                self._locality.put(moved)
        if not self._start.sent:
            self._start.send()
        if chunk is None:
            raise StopIteration
        return chunk

    def close(self) -> None:
        """Close the app's iterable, once, and record that the operation has left the target.

        A second call of the server's is recorded, and does nothing else.
        """
        if self._closed:
            self._recorder.closed_again(self._here)
            return
        self._closed = True
        moved = self._arrive()
        try:
            close = getattr(self._source, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self._recorder.left(self._here, error)
            if not self._guard:
                raise
        finally:
            self._recorder.exit(self._here)
            self._locality.put(moved or self._before)

    def __del__(self) -> None:
        """Record that nobody closed it; what it holds is left as it is."""
        if not self._closed:
            self._recorder.never_closed(self._here)

    def _arrive(self) -> Here | None:
        """Set the operation here; return what to put back, None if the operation still was here."""
        before = self._locality.here()
        if before is self._here:
            return None
        if before.where != self._here.where:
            self._here = self._here.moved(before.where)
        self._locality.put(self._here)
        return before


class SizedBody(Body):
    """A body of known length."""

    __slots__ = ()

    def __len__(self) -> int:
        """Return how many chunks there are."""
        return len(cast("Sized", self._source))


def refuse(start: Start, here: Here) -> bytes:
    """Answer 500 in here of the app; return the body.

    :raises BodyCutOffError: if the answer has begun already.
    """
    if start.sent:
        raise BodyCutOffError from None
    headers: Headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(_TEXT))),
        (HEADER, to_text(here.number)),
    ]
    start.replace(_STATUS, headers)
    return _TEXT
