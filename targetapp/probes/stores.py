"""Two kinds of session in one app: in a signed cookie, and on the server for paths below /server/."""

from __future__ import annotations

from typing import Any

from targetapp.framework import Request, Response, SecureCookieSessionInterface, SessionInterface
from targetapp.framework.sqlite_sessions import SQLiteSessionInterface

from .canaries import HEADER, from_text
from .errors import SessionOpenError

#: Paths that begin with this have their session on the server.
SERVER_PREFIX = "/server"
#: Below this, of either kind, no session can be opened, as when the store is down.
FAILING = "/failing-session/"
COOKIE_NAME = "session"
SERVER_COOKIE_NAME = "sid"


class CookieSessions(SecureCookieSessionInterface):
    """The signed cookie, under its own name."""

    def get_cookie_name(self, app: Any) -> str:
        """Return the name of the cookie that is the session."""
        return COOKIE_NAME


class ServerSessions(SQLiteSessionInterface):
    """The server-side store, under its own name."""

    def get_cookie_name(self, app: Any) -> str:
        """Return the name of the cookie that holds the session's id."""
        return SERVER_COOKIE_NAME


class SessionsByPath(SessionInterface):
    """Opens the session of the kind that the path asks for, and saves each the way it was opened."""

    def __init__(self, cookie: SecureCookieSessionInterface, server: SQLiteSessionInterface) -> None:
        self.cookie = cookie
        self.server = server

    def _of(self, request: Request) -> SessionInterface:
        return self.server if request.path.startswith(f"{SERVER_PREFIX}/") else self.cookie

    def open_session(self, app: Any, request: Request) -> Any:
        """Return the session of the store that the path belongs to.

        :raises SessionOpenError: where the path asks for that.
        """
        if request.path.removeprefix(SERVER_PREFIX).startswith(FAILING):
            raise SessionOpenError(from_text(request.headers.get(HEADER)))
        interface = self._of(request)
        session: Any = interface.open_session(app, request)
        if session is not None:
            # On the session itself: what saves it must not depend on what `request` is by then.
            session.opened_by = interface
        return session

    def save_session(self, app: Any, session: Any, response: Response) -> None:
        """Save a session the way it was opened."""
        session.opened_by.save_session(app, session, response)
