"""Sessions on the server, in an SQLite file; the cookie carries a signed id and nothing else.

Rules:

- An id that the store does not know is never used again: the session gets a new, random one. A
  client can't choose its id (fixation), and an empty or forged cookie is nobody's session.
- Requests that run at the same time in one session lose nothing to each other: what one changed
  is merged with what the others saved since it was opened (:mod:`.session_merge`).
- A request that leaves the session empty ends it. What others still write to it is dropped: a
  logout is final.
"""

from __future__ import annotations

import os
import secrets
import time
from typing import Any

from itsdangerous import BadSignature

from .cookie_sessions import SigningInterface
from .session_merge import merge
from .session_store import SQLiteStore
from .sessions import SessionApp, SessionMixin, TrackedSession, vary_on_cookie
from .tagged_json import TaggedJSON
from .wrappers import Request, Response

_json = TaggedJSON()

#: A refresh is written only if it lets the session live this much longer: a read need not write.
_REFRESH_STEP_S = 60.0


class SQLiteSession(TrackedSession):
    """A session that knows its id and what it was when it was opened."""

    def __init__(self, session_id: str, content: str = "{}", expires_s: float = 0.0) -> None:
        super().__init__(_json.loads(content))
        self.session_id = session_id
        #: The content as it was loaded or last saved: the base of the merge.
        self.loaded = content
        self.expires_s = expires_s
        #: The id it had before :meth:`renew`.
        self.former_id: str | None = None

    def renew(self) -> None:
        """Get a new id when saved: to be called when a user logs in."""
        if not self.new and self.former_id is None:
            self.former_id, self.session_id = self.session_id, new_session_id()
        self.accessed = self.modified = True


def new_session_id() -> str:
    """Return a random id of 256 bits, from the operating system: a fork does not repeat it."""
    return secrets.token_urlsafe(32)


class SQLiteSessionInterface(SigningInterface):
    """Keeps sessions in the file at *path*, to be shared by any number of processes.

    :raises SessionStoreError: if the file can't be used.
    """

    salt = "sqlite-session"
    session_class = SQLiteSession

    def __init__(self, path: str | os.PathLike[str], busy_timeout_s: float = 30.0) -> None:
        super().__init__()
        self.store = SQLiteStore(path, busy_timeout_s)

    def open_session(self, app: SessionApp, request: Request) -> SessionMixin | None:
        """Return the session the cookie names, a new one if it names none that is alive."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        value = request.cookies.get(self.get_cookie_name(app))
        if value:
            try:
                session_id: Any = serializer.loads(value, max_age=self._lifetime_s(app))
            except BadSignature:
                session_id = None
            if isinstance(session_id, str) and session_id:
                found = self.store.load(session_id, time.time())
                if found is not None:
                    return self.session_class(session_id, *found)
        session = self.session_class(new_session_id())
        session.new = True
        return session

    def save_session(self, app: SessionApp, session: SessionMixin, response: Response) -> None:
        """Merge what changed into the store and send the id if it changed or is refreshed."""
        if not isinstance(session, SQLiteSession):
            raise TypeError(f"This interface saves its own sessions, not a {type(session).__name__}.")
        accessed = session.accessed
        if accessed:
            vary_on_cookie(response)
        try:
            self._save(app, session, response)
        finally:
            # What this function reads, the view did not.
            session.accessed = accessed

    def _save(self, app: SessionApp, session: SQLiteSession, response: Response) -> None:
        if not dict.__len__(session):
            if session.loaded != "{}":
                self._end(app, session, response)
            return
        # Compared as text, so that a change inside a stored list counts too.
        content = _json.dumps(session) if session.accessed else session.loaded
        changed = session.modified or content != session.loaded
        now_s = time.time()
        expires_s = now_s + self._lifetime_s(app)
        if changed:
            if not self._write(session, content, expires_s, now_s):
                self._end(app, session, response)
                return
        elif not self.should_set_cookie(app, session):
            return
        elif expires_s - session.expires_s > _REFRESH_STEP_S:
            self.store.touch(session.session_id, expires_s)
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            raise RuntimeError("The session can't be saved: the app's secret key is gone.")
        self.send_cookie(app, session, response, serializer.dumps(session.session_id))
        vary_on_cookie(response)

    def _write(self, session: SQLiteSession, content: str, expires_s: float, now_s: float) -> bool:
        """Store the session; tell whether it still was there, or is new."""
        if session.new:
            self.store.create(session.session_id, content, expires_s, now_s)
            saved = content
        else:
            base, mine = _json.loads(session.loaded), _json.loads(content)

            def merged(stored: str) -> str:
                if stored == session.loaded:
                    return content
                return _json.dumps(merge(base, mine, _json.loads(stored)))

            if session.former_id is not None:
                self.store.rename(session.former_id, session.session_id)
                session.former_id = None
            stored = self.store.update(session.session_id, merged, expires_s)
            if stored is None:
                return False
            saved = stored
        # Should the answer be finalized again after an error, this is what it changed already.
        session.new = session.modified = False
        session.loaded = saved
        session.expires_s = expires_s
        if saved != content:
            dict.clear(session)
            dict.update(session, _json.loads(saved))
        return True

    def _end(self, app: SessionApp, session: SQLiteSession, response: Response) -> None:
        self.store.delete(session.former_id or session.session_id)
        self.delete_cookie(app, response)
        vary_on_cookie(response)

    @staticmethod
    def _lifetime_s(app: SessionApp) -> int:
        return int(app.permanent_session_lifetime.total_seconds())
