"""The outermost wrapper: knows which operation runs, and sees whatever leaves the app.

It answers the readiness request itself (the app's first request belongs to the cold-start burst),
takes the header that names the operation away, leaves the operation's canaries in the environ
(where a look at ``request`` finds them), and records ENTER, RETURN or LEFT, and EXIT. A request
without that header is foreign: it passes through as UNMARKED.

An exception of any kind that leaves the app is recorded and then answered with 500: under real
servers a BaseException kills workers, resets neighbours or hangs the client, each its own way.
:mod:`harness.inside.body` says what happens when it leaves while the body is iterated.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from harness.history.canary import ABSENT, UNMARKED, WRAPPER_HEADER, CanaryKind
from harness.history.scenarios import LEGAL, Scenario
from harness.workers.spec import READY_PATH

from .body import Body, BodyCutOffError, Recorder, SizedBody, refuse
from .locality import Here, Locality
from .sight import OP_KEY, WORD_KEY
from .starting import Start, StartResponse

Environ: TypeAlias = dict[str, Any]
WSGIApplication: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]

SESSION_KEY = "crosstalk.session"
_HEADER_KEY = "HTTP_" + WRAPPER_HEADER.upper().replace("-", "_")
_KIND_SHIFT = 60
_STREAMING = frozenset(scenario for scenario, legal in LEGAL.items() if legal.streams)
_SCENARIOS = frozenset(Scenario)
_FOREIGN = (UNMARKED, ABSENT, 0)


class Wrapper:
    """A WSGI application around the target.

    :param recorder: records its events; None to record nothing.
    :param announce: what the readiness answer says besides the process id.
    :param guard: answer exceptions that leave the app; otherwise they are recorded and reach the
        server, which is a nemesis in a run of its own.
    """

    def __init__(
        self,
        app: WSGIApplication,
        locality: Locality,
        recorder: Recorder | None,
        announce: Mapping[str, str],
        *,
        guard: bool = True,
    ) -> None:
        self._app = app
        self._locality = locality
        self._recorder = recorder or _Nobody()
        self._announce = dict(announce)
        self._guard = guard

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("PATH_INFO") == READY_PATH:
            return self._answer_ready(environ, start_response)
        number, session, scenario = read_header(environ.pop(_HEADER_KEY, None))
        locality, recorder = self._locality, self._recorder
        before = locality.here()
        here = Here(before.where, number, session, scenario)
        environ[OP_KEY], environ[SESSION_KEY], environ[WORD_KEY] = number, session, here.op
        start = Start(start_response)
        source: Iterable[bytes]
        locality.put(here)
        try:
            recorder.enter(here)
            source = self._app(environ, start)
            recorder.returned(here)
        except BaseException as error:
            recorder.left(here, error)
            if not self._guard or start.sent:
                recorder.exit(here)
                locality.put(before)
                if self._guard:
                    raise BodyCutOffError from None
                raise
            source = (refuse(start, here),)
        if before.number != ABSENT:
            # A request made inside a request: the outer one goes on here before the body is read.
            # Otherwise what runs here until the body is closed is the server, for this operation.
            locality.put(before)
        # gevent.pywsgi adds up the chunks of a body that has a length, and then iterates it again.
        kind = SizedBody if hasattr(source, "__len__") and not locality.greenlets else Body
        return kind(
            source,
            start,
            locality,
            recorder,
            here=here,
            before=before,
            streams=scenario in _STREAMING,
            guard=self._guard,
        )

    def _answer_ready(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        text = json.dumps({**self._announce, "pid": os.getpid()}).encode()
        length = str(len(text))
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", length)])
        return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else text]


def read_header(text: str | None) -> tuple[int, int, int]:
    """Return operation, session and scenario of an ``X-Crosstalk`` header; it is untrusted.

    What is not one is a foreign request's: UNMARKED, no session, scenario 0.
    """
    if text is None:
        return _FOREIGN
    parts = text.split(".")
    if len(parts) != 3 or len(parts[0]) != 16 or len(parts[1]) != 16 or len(parts[2]) != 2:
        return _FOREIGN
    try:
        number, session, scenario = int(parts[0], 16), int(parts[1], 16), int(parts[2], 16)
    except ValueError:
        return _FOREIGN
    # The kind is in the first digit, so that what int() forgives (signs, spaces, underscores, 0x)
    # leaves too few digits for it.
    if number >> _KIND_SHIFT != CanaryKind.OPERATION or scenario not in _SCENARIOS:
        return _FOREIGN
    if session >> _KIND_SHIFT != CanaryKind.SESSION and session != ABSENT:
        return _FOREIGN
    return number, session, scenario


class _Nobody:
    """Records nothing."""

    def enter(self, here: Here) -> None: ...

    def left(self, here: Here, error: BaseException) -> None: ...

    def returned(self, here: Here) -> None: ...

    def chunk(self, here: Here) -> None: ...

    def exit(self, here: Here) -> None: ...

    def closed_again(self, here: Here) -> None: ...

    def never_closed(self, here: Here) -> None: ...
