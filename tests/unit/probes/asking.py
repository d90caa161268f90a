"""How these tests ask a probe: as the protocol says, straight into the app."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import Headers

from targetapp.framework import App
from targetapp.probes import look

ONE, TWO = "1000000000000001", "1000000000000002"
NOTHING = "0" * 16


@dataclass(frozen=True)
class Reply:
    """What came back; ``json`` is None if the body is none."""

    status_code: int
    headers: Headers
    data: bytes
    json: Any


def ask(app: App, path: str, canary: str = ONE, method: str = "GET", cookie: str = "", **more: Any) -> Reply:
    """Send one request; *cookie* is the value of the Cookie header, less the canary."""
    cookies = f"canary={canary}" + (f"; {cookie}" if cookie else "")
    headers = {"X-Canary": canary, "Cookie": cookies}
    query = {"canary": canary, **more.pop("query", {})}
    client = app.test_client(use_cookies=False)
    response = client.open(path, method=method, headers=headers, query_string=query, **more)
    data, json = response.data, response.get_json(silent=True)
    response.close()  # a file is open until then
    return Reply(response.status_code, response.headers, data, json)


def session_cookie(response: Reply) -> str:
    """Return the session cookie that a response sets, as a client sends it back."""
    for header in response.headers.getlist("Set-Cookie"):
        if header.startswith(("session=", "sid=")):
            return str(header.partition(";")[0])
    return ""


def log_in(app: App, prefix: str, session: str = "2000000000000001", cookie: str = "") -> str:
    """Begin a session and return its cookie."""
    response = ask(app, f"{prefix}/session/login", method="POST", data={"canary": session}, cookie=cookie)
    assert response.status_code == 200
    return session_cookie(response)


def meet(parties: int = 2) -> None:
    """Have each request wait in the middle of its view until *parties* of them are there."""
    barrier = threading.Barrier(parties)

    def wait(point: str) -> None:
        if point == "view_before_yield":
            barrier.wait(10)

    look.install(wait)


def together(*calls: Callable[[], Reply]) -> list[Reply]:
    """Make all calls at once, each in a thread; return their results in order."""
    results: dict[int, Reply] = {}

    def run(number: int, call: Callable[[], Reply]) -> None:
        results[number] = call()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return [results[number] for number in range(len(calls))]


class Crossing:
    """Two requests, the second begun in the middle of the first and ended after it.

    (Two that are nested in time hide whatever is put back in the order of a stack.)

    :param event: makes an event for the kind of worker that runs them.
    """

    def __init__(self, event: Callable[[], Any] = threading.Event) -> None:
        self._first_in, self._second_in, self._first_out = event(), event(), event()
        self.responses: list[Reply | None] = [None, None]
        look.install(self._wait)

    def _wait(self, point: str) -> None:
        if point != "view_before_yield":
            return
        if not self._first_in.is_set():
            self._first_in.set()
            assert self._second_in.wait(10)
        else:
            self._second_in.set()
            assert self._first_out.wait(10)

    def first(self, call: Callable[[], Reply]) -> None:
        """Run the first request; whatever it raises is no response."""
        with suppress(BaseException):
            self.responses[0] = call()
        self._first_out.set()

    def second(self, call: Callable[[], Reply]) -> None:
        """Run the second request."""
        assert self._first_in.wait(10)
        with suppress(BaseException):
            self.responses[1] = call()

    def handled(self) -> list[str]:
        """Return the canaries of the handled errors that came back, '' for another answer."""
        return [
            response.json["error"] if response is not None and response.status_code == 418 else ""
            for response in self.responses
        ]


def cross_in_threads(one: Callable[[], Reply], two: Callable[[], Reply]) -> Crossing:
    """Cross two requests on a thread each."""
    crossing = Crossing()
    threads = [
        threading.Thread(target=crossing.first, args=(one,)),
        threading.Thread(target=crossing.second, args=(two,)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return crossing


def cross_in_greenlets(one: Callable[[], Reply], two: Callable[[], Reply]) -> Crossing:
    """Cross two requests in two greenlets of this thread."""
    import gevent
    from gevent.event import Event

    crossing = Crossing(Event)
    gevent.joinall([gevent.spawn(crossing.first, one), gevent.spawn(crossing.second, two)])
    return crossing
