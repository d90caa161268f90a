"""Where the framework goes a shorter way than Werkzeug, it arrives at the same.

Each test does the same with Werkzeug's own method and with ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response as WerkzeugResponse

from targetapp import App, Request, Response
from targetapp.framework.cookie_sessions import KeptSerializer
from targetapp.framework.url_map import UrlMap

Environ = dict[str, Any]

PLAIN: Environ = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/a",
    "QUERY_STRING": "x=1",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "8000",
    "wsgi.url_scheme": "http",
}
ABSENT = object()

ENVIRONS: dict[str, Environ] = {
    "no Host header": {},
    "Host": {"HTTP_HOST": "example.com"},
    "Host in capitals": {"HTTP_HOST": "Example.COM:8000"},
    "the scheme's own port": {"HTTP_HOST": "example.com:80"},
    "the other scheme's port": {"HTTP_HOST": "example.com:443"},
    "https": {"HTTP_HOST": "example.com:443", "wsgi.url_scheme": "https"},
    "characters no host has": {"HTTP_HOST": "exa mple/<b>"},
    "IDNA": {"HTTP_HOST": "b\u00fccher.example"},
    "a label too long": {"HTTP_HOST": f"{'a' * 64}.example"},
    "an empty label": {"HTTP_HOST": "a..b"},
    "IPv6": {"HTTP_HOST": "[::1]:8000"},
    "a server on IPv6": {"SERVER_NAME": "::1"},
    "a Unix socket": {"SERVER_NAME": "/run/app.sock", "SERVER_PORT": ""},
    "no port": {"SERVER_PORT": ABSENT},
    "nothing about the server": {"SERVER_NAME": ABSENT, "SERVER_PORT": ABSENT},
    "mounted": {"SCRIPT_NAME": "/m\u00c3\u00a4nt", "PATH_INFO": "/\u00c3\u00a4"},
    "no paths": {"SCRIPT_NAME": ABSENT, "PATH_INFO": ABSENT, "QUERY_STRING": ABSENT},
    "an empty path": {"PATH_INFO": ""},
    "bytes that are no UTF-8": {"PATH_INFO": "/\u00ff", "QUERY_STRING": "\u00ff"},
    "another method": {"REQUEST_METHOD": "delete"},
    "a WebSocket": {"HTTP_CONNECTION": "Upgrade", "HTTP_UPGRADE": "websocket"},
}
BINDINGS: dict[str, dict[str, Any]] = {
    "as the app does": {"subdomain": ""},
    "a subdomain": {"subdomain": "api"},
    "nothing said": {},
    "a server name": {"server_name": "example.com", "subdomain": ""},
    "the subdomain from the host": {"server_name": "com"},
}


def environ(changes: Environ) -> Environ:
    return {key: value for key, value in {**PLAIN, **changes}.items() if value is not ABSENT}


def bound(map_class: type[Map], of: Environ, host_matching: bool, **binding: Any) -> object:
    """Return everything an adapter holds, or the error there was instead."""
    rules = Map if map_class is Map else UrlMap
    try:
        adapter: MapAdapter = rules(
            [Rule("/a", endpoint="a", host="<h>" if host_matching else None)], host_matching=host_matching
        ).bind_to_environ(of, **binding)
    except (HTTPException, RuntimeError) as error:
        return type(error)
    return {key: value for key, value in vars(adapter).items() if key != "map"}


@pytest.mark.filterwarnings("ignore:Current server name:UserWarning")
@pytest.mark.parametrize("binding", BINDINGS.values(), ids=BINDINGS.keys())
@pytest.mark.parametrize("changes", ENVIRONS.values(), ids=ENVIRONS.keys())
@pytest.mark.parametrize("host_matching", [False, True])
def test_a_map_binds_as_werkzeugs_does(
    changes: Environ, binding: dict[str, Any], host_matching: bool
) -> None:
    of = environ(changes)
    for _ in range(2):  # the second time from what was kept
        assert bound(UrlMap, of, host_matching, **binding) == bound(Map, of, host_matching, **binding)


def test_a_map_binds_a_request_as_its_environ() -> None:
    of = environ({"HTTP_HOST": "example.com"})
    adapter = UrlMap().bind_to_environ(WerkzeugRequest(of), subdomain="")
    assert (adapter.server_name, adapter.path_info) == ("example.com", "/a")


@pytest.mark.parametrize(
    "header", [None, "", "a=1", "a=1; b=2; a=3", 'q="x\\073y"', "bad name=1; c=2", "t=\u00c3\u00a4", ";;"]
)
def test_cookies_are_read_as_werkzeug_reads_them(header: str | None) -> None:
    of = environ({"HTTP_COOKIE": ABSENT if header is None else header})
    ours, theirs = Request(of).cookies, WerkzeugRequest(of).cookies
    assert list(ours.items(multi=True)) == list(theirs.items(multi=True))
    assert type(ours) is type(theirs)


RESPONSES: dict[str, dict[str, Any]] = {
    "text": {"response": "text"},
    "bytes": {"response": b"bytes"},
    "nothing": {},
    "several chunks": {"response": ["a", b"b"]},
    "a generator": {"response": "generator"},
    "a status": {"response": "gone", "status": 410},
    "a status by name": {"response": "t", "status": "299 Odd"},
    "204": {"response": "not sent", "status": 204},
    "304": {"response": "not sent", "status": 304},
    "103": {"response": "not sent", "status": 103},
    "a place to go": {"response": "there", "status": 302, "headers": {"location": "/\u00e4 b"}},
    "a place it is at": {"response": "here", "headers": [("Content-Location", "/\u00e4")]},
    "its own length": {"response": "x", "headers": {"content-LENGTH": "7"}},
    "its own type": {"response": "x", "headers": {"Content-Type": "text/csv"}},
    "a content type": {"response": "x", "content_type": "text/csv"},
    "a mimetype": {"response": "x", "mimetype": "text/csv"},
    "a mimetype without charset": {"response": "x", "mimetype": "image/png"},
    "no mimetype": {"response": "x", "mimetype": ""},
    "two of a kind": {"response": "x", "headers": [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]},
    "passed through": {"response": [b"a"], "direct_passthrough": True},
}


class Theirs(WerkzeugResponse):
    """Werkzeug's response with what the framework's own has other defaults for."""

    default_mimetype = "text/html"
    autocorrect_location_header = False


def sent(
    response_class: type[WerkzeugResponse], arguments: dict[str, Any], method: str
) -> tuple[str, list[tuple[str, str]], list[bytes], list[str]]:
    """Return status, headers, body, and what was closed."""
    if arguments.get("response") == "generator":
        arguments = {**arguments, "response": (text for text in ("a", b"b"))}
    closed: list[str] = []
    started: list[tuple[str, list[tuple[str, str]]]] = []
    response = response_class(**arguments)
    response.call_on_close(lambda: closed.append("response"))

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
        started.append((status, headers))

    body: Any = response(environ({"REQUEST_METHOD": method}), start_response)
    chunks = list(body)
    close = getattr(body, "close", None)  # a list that is passed through has none
    if close is not None:
        close()
    ((status, headers),) = started
    return status, headers, chunks, closed


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("arguments", RESPONSES.values(), ids=RESPONSES.keys())
def test_a_response_is_sent_as_werkzeugs_is(arguments: dict[str, Any], method: str) -> None:
    assert sent(Response, arguments, method) == sent(Theirs, arguments, method)


def test_what_is_sent_is_a_copy() -> None:
    response = Response("text")
    headers = response.get_wsgi_headers(environ({}))
    headers["X-Late"] = "1"
    assert "X-Late" not in response.headers


def test_headers_that_nobody_checked_are_checked() -> None:
    response = Response("text")
    response.headers = EnvironHeaders(environ({"HTTP_X_ECHO": "a\r\nSet-Cookie: b", "CONTENT_LENGTH": "4"}))
    with pytest.raises(ValueError, match="newline"):
        response.get_wsgi_headers(environ({}))


def test_a_subclass_may_still_change_the_headers_and_the_body_on_their_way_out() -> None:
    class Own(Response):
        default_mimetype = "text/plain"

        def get_wsgi_headers(self, environ: Any) -> Any:
            headers = super().get_wsgi_headers(environ)
            headers["X-Own"] = "1"
            return headers

        def get_app_iter(self, environ: Any) -> Iterable[bytes]:
            return [b"own"]

    status, headers, chunks, _ = sent(Own, {"response": "x"}, "GET")
    assert status == "200 OK"
    assert ("X-Own", "1") in headers
    assert ("Content-Type", "text/plain; charset=utf-8") in headers
    assert chunks == [b"own"]


def test_one_signer_reads_and_writes_and_another_salt_has_another() -> None:
    app = App(__name__)
    app.secret_key = "a key"
    serializer: Any = app.session_interface
    kept: KeptSerializer = serializer.get_signing_serializer(app)
    (reading,) = kept.iter_unsigners()
    assert reading is kept.make_signer()
    other = kept.dumps({"a": 1}, salt="other")
    assert kept.loads(other, salt="other") == {"a": 1}
    assert kept.loads(kept.dumps({"a": 1})) == {"a": 1}
    valid, _ = kept.loads_unsafe(other)
    assert not valid
