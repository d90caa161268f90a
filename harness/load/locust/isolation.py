"""The base class for a locustfile of the user's own: what it sends, and judges every answer.

Measured in Locust 2.47 and geventhttpclient 2.6: whatever a session sends goes through its agent's
``_urlopen``, once for each hop of a redirect, its cookies already in the headers. That is replaced on
the instance, since Locust makes session and agent itself.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import gevent
from gevent.local import local
from locust.contrib.fasthttp import FastHttpUser

from harness.blackbox.answers import Answer
from harness.load.caller import Caller, Sent, UnderWay
from harness.load.jar import merge_cookies
from harness.load.visitor import FOREIGN

from .routebook import spell
from .side import SIDES, LoadSide
from .user import PAUSE_AFTER_FAIL_S, OperationError

#: Where the target is, is known when the run begins; Locust wants a host as it makes a user.
_NOWHERE = "http://127.0.0.1:9"
Send = Callable[[Any], Any]


class IsolationUser(FastHttpUser):
    """A caller of your application: a ``FastHttpUser`` whose answers are searched for other callers' data.

    Put ``self.canary("name")`` wherever a caller sends something of their own. One user is one caller, with
    cookies of their own. Requests to another host than the target's are not looked at.
    """

    abstract = True

    def __init__(self, environment: Any) -> None:
        self.host = self.host or _NOWHERE
        super().__init__(environment)
        self._named = local()
        self._side: LoadSide | None = None
        self._caller: Caller | None = None
        # Not overridden, but put in front of: whose class this is may forget to call it.
        self._begin_own, self.on_start = self.on_start, self._begin  # type: ignore[method-assign]
        session: Any = self.client
        self._ask_session, session.request = session.request, self._request
        self._send, session.client._urlopen = session.client._urlopen, self._urlopen  # noqa: SLF001

    def canary(self, name: str, kind: str = "text") -> str:
        """Return what to send in the field *name* of the next request: no other caller ever sends it.

        :param kind: ``text`` (16 hexadecimal digits), ``int``, ``float`` or ``uuid``.
        :raises CanaryError: if there is no such kind, or one request can't carry so many.
        """
        if self._caller is None:
            raise RuntimeError("canary() has to wait for the run to begin: call it from on_start or a task")
        return self._caller.canary(name, kind)

    def _begin(self) -> None:
        """Wait for the run to begin, become a caller, and do what the locustfile says first."""
        side = self._side = SIDES.wait()
        if side is None:
            raise gevent.GreenletExit
        self._caller = side.new_caller()
        host = f"[{side.plan.host}]" if ":" in side.plan.host else side.plan.host
        self.host = self.client.base_url = f"http://{host}:{side.plan.port}"
        side.wait_for_all()
        self._begin_own()

    def _request(self, method: str, url: str, name: str | None = None, **more: Any) -> Any:
        self._named.name = name or self.client.request_name or ""
        return self._ask_session(method, url, name=name, **more)

    def _urlopen(self, request: Any) -> Any:
        side, caller = self._side, self._caller
        if side is None or caller is None:
            raise gevent.GreenletExit
        if not _leads_to(request.url_split, side):
            return self._send(request)
        name = getattr(self._named, "name", "")
        self._named.name = ""  # a redirect leads elsewhere
        operation = _Operation(side, caller, request, name)
        try:
            response = side.carry(lambda: operation.perform(self._send))
        except ConnectionRefusedError:
            gevent.sleep(PAUSE_AFTER_FAIL_S)
            raise
        if operation.foreign:
            # In its list of failures: the answer is the locustfile's, and stays as it is.
            self.environment.stats.log_error(request.method, name or operation.rule, OperationError(FOREIGN))
        return response


def _leads_to(url: Any, side: LoadSide) -> bool:
    """Whether a request goes to the target."""
    return (url.host.strip("[]"), url.port) == (side.plan.host, side.plan.port)


class _Operation:
    """One request on its way."""

    def __init__(self, side: LoadSide, caller: Caller, request: Any, name: str) -> None:
        self._side, self._caller, self._request, self._name = side, caller, request, name
        self.foreign = False
        self.rule = ""

    def perform(self, send: Send) -> Any:
        """Send it, read its answer to the end and judge it; return the response or raise what *send* does."""
        try:
            under_way = self._begin()
        except Exception as error:
            raise self._ours(error) from None
        try:
            response = send(self._request)
            content = response.content
        except ConnectionRefusedError as error:
            under_way.never_sent(type(error).__name__)
            raise
        except BaseException as error:  # gevent's time-outs and the end are no Exceptions
            under_way.unanswered(type(error).__name__)
            raise
        self._judge(under_way, response, content)
        return response

    def _begin(self) -> UnderWay:
        request, caller = self._request, self._caller
        for name, value in self._side.headers:
            if name.lower() == "cookie":
                continue
            request.headers.discard(name)
            request.headers[name] = value
        headers = tuple((name.lower(), value) for name, value in request.headers.items())
        sent = Sent(
            request.method, request.url_split.request_uri, headers, _bytes(request.payload), self._name
        )
        draft = caller.draft(sent)
        self.rule = draft.route.rule
        for name, value in draft.added:
            request.headers.discard(name)
            request.headers[name] = value
        cookies = "; ".join([draft.cookie, *filter(None, [sent.header("cookie")])])
        given = "; ".join(value for name, value in self._side.headers if name.lower() == "cookie")
        request.headers.discard("Cookie")
        request.headers["Cookie"] = merge_cookies(cookies, given)
        return caller.send(draft, self._side.numbers.of(spell(draft.route)))

    def _judge(self, under_way: UnderWay, response: Any, content: bytes) -> None:
        raw = response._response  # noqa: SLF001 - what a streaming locustfile reads goes past `content`
        response._response = _Read(raw, content)  # noqa: SLF001
        # Its coding is undone: what a header says of it no longer holds.
        headers = tuple(
            (name.lower(), value)
            for name, value in response.headers.items()
            if name.lower() != "content-encoding"
        )
        try:
            answer = Answer(f"{response.status_code} {raw.status_message or ''}", headers, content)
            self.foreign = under_way.answered(answer)
        except Exception as error:
            raise self._ours(error) from None

    def _ours(self, error: Exception) -> BaseException:
        """Return how to end a user after a failure of the harness, which ends the run."""
        self._side.fault(f"the load failed: {type(error).__name__} in a caller")
        return gevent.GreenletExit()


class _Read:
    """A response that was read to its end, for whoever reads it again."""

    def __init__(self, raw: Any, content: bytes) -> None:
        self._raw = raw
        self._body = io.BytesIO(content)
        self.read, self.readline = self._body.read, self._body.readline

    def __iter__(self) -> Any:
        return iter(lambda: self._body.read(65_536), b"")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


def _bytes(payload: Any) -> bytes:
    """Return a request's body, as far as it lies in memory."""
    if isinstance(payload, str):
        return payload.encode()
    return bytes(payload) if isinstance(payload, bytes | bytearray | memoryview) else b""
