"""Sessions that are shared, fixed from outside, or written over."""

from __future__ import annotations

import time
from contextlib import suppress
from os import PathLike
from typing import Any

from itsdangerous import BadSignature

from targetapp.framework import App, Request, Response, request, sqlite_sessions
from targetapp.framework.session_store import SQLiteStore
from targetapp.framework.sqlite_sessions import SQLiteSession
from targetapp.probes.stores import CookieSessions, ServerSessions, SessionsByPath

from .fault import Fault
from .switching import replace


def _interface(app: App) -> SessionsByPath:
    inner = app.session_interface
    if not isinstance(inner, SessionsByPath):
        raise TypeError("this fault needs the probes' own session interface")
    return inner


def session_default_shared(app: App) -> None:
    """Give every caller without a cookie the same empty session."""
    inner = _interface(app)

    class Shared(CookieSessions):
        """Sessions with a mutable default."""

        default: Any = None

        def open_session(self, app: Any, request: Request) -> Any:
            session = super().open_session(app, request)
            if session is not None and not session.new:
                return session
            Shared.default = session if Shared.default is None else Shared.default
            return Shared.default

    app.session_interface = SessionsByPath(Shared(), inner.server)


def sid_reuse(app: App) -> None:
    """Take the id that a client offers for the id of its new session."""
    inner = _interface(app)

    class Offered(ServerSessions):
        """Sessions whose id the client may choose."""

        def open_session(self, app: Any, request: Request) -> Any:
            session: Any = super().open_session(app, request)
            offered = request.cookies.get(self.get_cookie_name(app))
            if session is None or not session.new or not offered:
                return session
            found = self.store.load(offered, time.time())
            if found is not None:
                return self.session_class(offered, *found)
            session.session_id = offered
            return session

        def send_cookie(self, app: Any, session: Any, response: Response, value: str) -> None:
            offered = request.cookies.get(self.get_cookie_name(app))
            chosen = offered is not None and session.session_id == offered
            super().send_cookie(app, session, response, session.session_id if chosen else value)

    app.session_interface = SessionsByPath(inner.cookie, Offered(inner.server.store.path))


def server_session_lost_update(_app: App) -> None:
    """Write the whole session back, whatever others saved since it was read."""

    def last_wins(_base: Any, mine: Any, _theirs: Any) -> Any:
        return mine

    replace(sqlite_sessions, "merge", last_wins)


def sid_empty_key(app: App) -> None:
    """Set the id of a session that is emptied to ''."""
    inner = _interface(app)

    class Flushed(SQLiteSession):
        """A session whose id goes with its content."""

        def clear(self) -> None:
            super().clear()
            self.session_id, self.new = "", True

    class Replacing(SQLiteStore):
        """A store that takes an id for new that it has already."""

        def create(self, session_id: str, content: str, expires_s: float, now_s: float) -> None:
            with self._transaction() as connection:
                row = (session_id, content, expires_s)
                connection.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)", row)

    class Emptied(ServerSessions):
        """Sessions that may have the id ''."""

        session_class = Flushed

        def __init__(self, path: str | PathLike[str]) -> None:
            super().__init__(path)
            self.store = Replacing(path)

        def open_session(self, app: Any, request: Request) -> Any:
            session: Any = super().open_session(app, request)
            serializer = self.get_signing_serializer(app)
            value = request.cookies.get(self.get_cookie_name(app))
            if session is not None and session.new and value and serializer is not None:
                with suppress(BadSignature):
                    session_id = serializer.loads(value)
                    found = None if session_id else self.store.load(session_id, time.time())
                    return session if found is None else self.session_class(session_id, *found)
            return session

    app.session_interface = SessionsByPath(inner.cookie, Emptied(inner.server.store.path))


FAULTS = (
    Fault(
        "sid_reuse",
        "FC9",
        "pallets-eco/flask-session#76",
        "A session id that the store does not know becomes the id of the new session.",
        sid_reuse,
    ),
    Fault(
        "sid_empty_key",
        "FC9",
        "CVE-2015-3982",
        "Emptying a session sets its id to '', so all who log in share what is stored under that id.",
        sid_empty_key,
    ),
    Fault(
        "server_session_lost_update",
        "FC9",
        "pallets-eco/flask-session#71",
        "The whole session is written back as it was read, so the last of two writers wins.",
        server_session_lost_update,
    ),
    Fault(
        "session_default_shared",
        "FC9",
        "a shared mutable default; compare pallets/flask#4148",
        "Every caller without a session is given the same empty one, which the first one fills.",
        session_default_shared,
    ),
)
