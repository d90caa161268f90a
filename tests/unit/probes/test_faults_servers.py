"""Each fault of a server does what its row says, and the server without it does not."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import gevent.pywsgi
import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser
from werkzeug.test import EnvironBuilder, run_wsgi_app

from targetapp.framework import App
from tests.unit.probes.asking import ONE, TWO, ask, cross_in_threads
from tests.unit.probes.switching import SWITCH, Make, switched


@SWITCH
def test_unread_body_parsed_by_gunicorn(make: Make, on: bool) -> None:
    switched(make, "unread_body_parsed", on)
    body = b"GET /unread HTTP/1.1\r\nHost: h\r\n\r\n"
    head = f"POST /one HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    sent = head + body + b"GET /two HTTP/1.1\r\nHost: h\r\n\r\n"
    parser = RequestParser(Config(), iter([sent]), ("127.0.0.1", 1))
    assert [next(parser).path for _ in range(2)] == ["/one", "/unread" if on else "/two"]


@SWITCH
def test_unread_body_parsed_by_gevent(make: Make, on: bool) -> None:
    switched(make, "unread_body_parsed", on)
    received = io.BytesIO(b"unreadGET /two HTTP/1.1")
    body: Any = gevent.pywsgi.Input(io.BufferedReader(received), 6)
    body._discard()
    received = body.rfile
    assert received.read() == (b"unreadGET /two HTTP/1.1" if on else b"GET /two HTTP/1.1")


CHUNKED = b"6\r\nunread\r\n0\r\nX-Trailer: t\r\n\r\n"
NEXT = b"GET /two HTTP/1.1\r\nHost: h\r\n\r\n"


@SWITCH
def test_trailers_left_by_gunicorn(make: Make, on: bool) -> None:
    switched(make, "trailers_left", on)
    head = b"POST /one HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    parser = RequestParser(Config(), iter([head + CHUNKED + NEXT]), ("127.0.0.1", 1))
    assert next(parser).path == "/one"
    if on:
        with pytest.raises(ParseException):
            next(parser)
    else:
        assert next(parser).path == "/two"


@SWITCH
def test_trailers_left_by_gevent(make: Make, on: bool) -> None:
    switched(make, "trailers_left", on)
    body: Any = gevent.pywsgi.Input(io.BufferedReader(io.BytesIO(CHUNKED + NEXT)), None, chunked_input=True)
    body._discard()
    assert body.rfile.read() == (b"X-Trailer: t\r\n\r\n" + NEXT if on else NEXT)


@pytest.mark.parametrize("fault", ["unread_body_parsed", "trailers_left"])
def test_nothing_is_changed_under_a_server_that_is_not_known(
    make: Make, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gunicorn.http.parser", "gunicorn.http.body", "gevent.pywsgi"):
        monkeypatch.delitem(sys.modules, name)
    assert ask(make(fault), f"/unread/{ONE}", method="POST", data="x").status_code == 200


class Connection:
    """A connection, as a server knows it."""


def addresses(app: App, *connections: dict[str, Any]) -> list[str]:
    """Return the address that each of several requests is told."""
    found = []
    for extra in connections:
        environ = EnvironBuilder(f"/echo/{ONE}").get_environ()
        body, _, _ = run_wsgi_app(app, {**environ, "REMOTE_ADDR": "127.0.0.9", **extra})
        text = b"".join(body).decode()
        found.append("proxy" if '"remote_addr":"127.0.0.1"' in text.replace(" ", "") else "client")
    return found


@SWITCH
@pytest.mark.parametrize("key", ["gunicorn.socket", "werkzeug.socket"])
def test_remote_addr_once(make: Make, on: bool, key: str) -> None:
    app = switched(make, "remote_addr_once", on)
    one, two = Connection(), Connection()
    told = addresses(app, {key: one}, {key: one}, {key: two}, {key: one})
    assert told == ["client", "proxy" if on else "client", "client", "proxy" if on else "client"]


def test_remote_addr_once_finds_gevents_connection_and_leaves_alone_who_has_none(make: Make) -> None:
    app = make("remote_addr_once")
    sock = Connection()

    def on_gevent() -> dict[str, Any]:
        return {"wsgi.input": SimpleNamespace(rfile=sock, read=lambda *_: b"")}

    assert addresses(app, on_gevent(), on_gevent(), {}, {}) == ["client", "proxy", "client", "client"]


@SWITCH
def test_headers_shared(make: Make, on: bool) -> None:
    app = switched(make, "headers_shared", on)
    assert ask(app, f"/echo/{ONE}").json["after"]["header"] == ONE
    seen = cross_in_threads(
        lambda: ask(app, f"/handled-error/{ONE}", ONE), lambda: ask(app, f"/handled-error/{TWO}", TWO)
    ).handled()
    assert seen == ([TWO, TWO] if on else [ONE, TWO])
