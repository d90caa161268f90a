"""Werkzeug's map of rules, with a shorter way from a request to what matches it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.exceptions import BadHost
from werkzeug.routing import Map, MapAdapter
from werkzeug.sansio.utils import get_host
from werkzeug.wrappers import Request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class UrlMap(Map):
    """A map that does not work out again what a host that it saw before is called."""

    def bind_to_environ(
        self,
        environ: WSGIEnvironment | Request,
        server_name: str | None = None,
        subdomain: str | None = None,
    ) -> MapAdapter:
        """Return what matches and builds URLs for the request of *environ*.

        Werkzeug's method, without checking and encoding the host anew for each request: what comes out
        depends on four strings of the environ only, and a server is asked for under few names. What
        needs more of the host (a subdomain to be told from it, a WebSocket) is left to Werkzeug's.

        :raises BadHost: for a host that is too long or malformed.
        """
        if (
            server_name is not None
            or (subdomain is None) is not self.host_matching
            or not isinstance(environ, dict)
            or "HTTP_UPGRADE" in environ
        ):
            return super().bind_to_environ(environ, server_name, subdomain)
        scheme = environ["wsgi.url_scheme"]
        get = environ.get
        query = get("QUERY_STRING")
        return MapAdapter(
            self,
            find_server_name(scheme, get("HTTP_HOST"), get("SERVER_NAME"), get("SERVER_PORT")),
            _decode(get("SCRIPT_NAME", "/")),
            subdomain,
            scheme,
            _decode(get("PATH_INFO", "/")),
            environ["REQUEST_METHOD"],
            None if query is None else _decode(query),
        )


@lru_cache(maxsize=256)  # clients choose the host they name, so there is no end to them
def find_server_name(scheme: str, host: str | None, name: str | None, port: str | None) -> str:
    """Return the host a request is for, in lower case and IDNA, with a port that is not the scheme's.

    :param host: the Host header, None without one: then the server's *name* and *port* count.
    :returns: an empty name for a host with characters that no host has.
    :raises BadHost: if a label is empty or too long.
    """
    found = get_host(scheme, host, None if name is None else (name, _number(port))).lower()
    label, colon, number = found.partition(":")
    try:
        return f"{label.encode('idna').decode('ascii')}{colon}{number}"
    except UnicodeError as error:
        raise BadHost from error


def _number(port: str | None) -> int | None:
    """Return a port, None for a Unix socket, which has none."""
    try:
        return None if port is None else int(port)
    except ValueError:
        return None


def _decode(text: str) -> str:
    """Return the text whose UTF-8 bytes WSGI gives as Latin-1."""
    return text.encode("latin-1").decode(errors="replace")
