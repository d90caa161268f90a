"""Servers that mix up the requests of one connection, or of all.

The app cannot change its server, but it can change what the server's library does in this process: a fault
changes each library that is loaded here, and is none under a server that has nothing of the kind.
"""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Iterable
from typing import Any
from weakref import WeakSet

from werkzeug.datastructures import EnvironHeaders

from targetapp.framework import App, Request

from .fault import Fault
from .switching import replace

#: What a request behind a proxy has for an address if nobody says whose it is.
PROXY = "127.0.0.1"
#: Headers that a server reads to find the end of the body.
_OF_BODY = ("CONTENT_TYPE", "CONTENT_LENGTH")


def unread_body_parsed(_app: App) -> None:
    """Go on to the next request of a connection wherever the last one stopped reading."""
    gunicorn, gevent = sys.modules.get("gunicorn.http.parser"), sys.modules.get("gevent.pywsgi")

    def finish_body(_parser: object, *_arguments: object, **_options: object) -> bool:
        return True

    def discard(_body: object) -> None:
        pass

    if gunicorn is not None:
        replace(gunicorn.Parser, "finish_body", finish_body)
    if gevent is not None:
        replace(gevent.Input, "_discard", discard)


def trailers_left(_app: App) -> None:
    """Take a chunked body to end with its last chunk, whatever comes behind that."""
    gunicorn, gevent = sys.modules.get("gunicorn.http.body"), sys.modules.get("gevent.pywsgi")

    def parse_trailers(_reader: object, unreader: Any, data: bytes) -> None:
        unreader.unread(data)

    def read_trailer(_body: object, _rfile: object) -> bool:
        return False

    if gunicorn is not None:
        replace(gunicorn.ChunkedReader, "parse_trailers", parse_trailers)
    if gevent is not None:
        replace(gevent.Input, "_Input__read_chunk_trailer", read_trailer)


def _connection(environ: dict[str, Any]) -> Any:
    """Return what a request came over, a socket or its reading end, as far as its server tells."""
    for key in ("gunicorn.socket", "werkzeug.socket"):
        if key in environ:
            return environ[key]
    return getattr(environ["wsgi.input"], "rfile", None)  # gevent's


def remote_addr_once(app: App) -> None:
    """Tell the address of the client with the first request of its connection only."""
    told: WeakSet[Any] = WeakSet()
    answer = app.wsgi_app

    def behind_proxy(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        connection = _connection(environ)
        if connection is not None:
            if connection in told:
                environ["REMOTE_ADDR"] = PROXY
            told.add(connection)
        return answer(environ, start_response)

    app.wsgi_app = behind_proxy  # type: ignore[method-assign]


def headers_shared(app: App) -> None:
    """Keep the headers of all requests in one place; what is said of the body stays with it."""
    shared: dict[str, Any] = {}

    class Shared(Request):
        """A request whose headers are those of the last one that came."""

        def __init__(self, environ: dict[str, Any], *arguments: Any, **options: Any) -> None:
            super().__init__(environ, *arguments, **options)
            shared.update({key: value for key, value in environ.items() if key.startswith("HTTP_")})
            body: Any = {key: environ[key] for key in _OF_BODY if key in environ}
            headers: Any = ChainMap(body, shared)
            self.headers = EnvironHeaders(headers)

    app.request_class = Shared


FAULTS = (
    Fault(
        "unread_body_parsed",
        "FC10",
        "pallets/werkzeug#2397, django/django#10732",
        "What a view leaves unread of its body is parsed as the next request of the connection.",
        unread_body_parsed,
    ),
    Fault(
        "trailers_left",
        "FC10",
        "CVE-2023-41419",
        "The trailers of a chunked body are left in the connection, and read as the next request.",
        trailers_left,
    ),
    Fault(
        "remote_addr_once",
        "FC10",
        "benoitc/gunicorn#899, benoitc/gunicorn#923",
        "The client's address, which a proxy tells once for a connection, is attached to its first request"
        " only.",
        remote_addr_once,
    ),
    Fault(
        "headers_shared",
        "FC10",
        "cherrypy/cherrypy#1013",
        "The server keeps the headers of the request in an attribute of its class, which the next request"
        " overwrites.",
        headers_shared,
    ),
)
