"""Sessions in an SQLite file that any number of processes, threads and greenlets share.

Rules:

- A connection belongs to one process. None is open while a process forks: a child that opens the
  file while it holds its parent's connection shares SQLite's bookkeeping of locks without having
  the locks (sqlite.org/howtocorrupt.html, 2.6).
- A connection is used by one transaction at a time, whoever runs it: it is taken out of the pool
  for that long. Nothing here asks which thread or greenlet it runs in.
- A change is made inside one ``BEGIN IMMEDIATE`` transaction that reads what is stored, so no
  other change comes between reading and writing.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS sessions (
        id TEXT PRIMARY KEY,
        content TEXT NOT NULL,    -- tagged JSON
        expires_s REAL NOT NULL   -- seconds since the epoch
    ) WITHOUT ROWID
"""

#: Expired sessions are removed once in so many new ones.
_PURGE_EVERY = 500

_stores: weakref.WeakSet[SQLiteStore] = weakref.WeakSet()


class SessionStoreError(RuntimeError):
    """The session file can't be used; the message says which and why."""


class SQLiteStore:
    """A table of sessions: id, content as text, and when it expires.

    :param path: the file; made if it is not there.
    :param busy_timeout_s: how long a transaction waits for those of other processes.
    :raises SessionStoreError: if the file can't be used.
    """

    def __init__(self, path: str | os.PathLike[str], busy_timeout_s: float = 30.0) -> None:
        self.path = Path(path).absolute()
        self._busy_timeout_s = busy_timeout_s
        self._free: list[sqlite3.Connection] = []
        weakref.finalize(self, _close, self._free)
        self._start()
        _stores.add(self)
        try:
            with self._connection() as connection:
                self._prepare(connection)
        finally:
            self.close()

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the file what it must be; several processes may be doing so at once."""
        give_up_s = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(_SCHEMA)
            except sqlite3.OperationalError as error:
                # Changing the mode does not wait for others to finish changing it.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_s:
                    raise
                time.sleep(0.01)
            else:
                return

    def _start(self) -> None:
        self._pid = os.getpid()
        # Writers of one process queue here; SQLite's own queue is a sleep and another try.
        self._writing = threading.Lock()
        self._created = 0

    def load(self, session_id: str, now_s: float) -> tuple[str, float] | None:
        """Return content and expiry of a session; None if it is unknown or expired."""
        with self._connection() as connection:
            row: tuple[str, float] | None = connection.execute(
                "SELECT content, expires_s FROM sessions WHERE id = ?", (session_id,)
            ).fetchone()
        return row if row is not None and row[1] > now_s else None

    def create(self, session_id: str, content: str, expires_s: float, now_s: float) -> None:
        """Store a new session, and once in a while remove the expired ones."""
        with self._transaction() as connection:
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?)", (session_id, content, expires_s))
            self._created += 1
            if self._created % _PURGE_EVERY == 0:
                connection.execute("DELETE FROM sessions WHERE expires_s <= ?", (now_s,))

    def update(self, session_id: str, change: Callable[[str], str], expires_s: float) -> str | None:
        """Replace the content of a session by what *change* makes of it.

        :returns: the new content; None, without a call, if the session is gone.
        """
        with self._transaction() as connection:
            row = connection.execute("SELECT content FROM sessions WHERE id = ?", (session_id,)).fetchone()
            if row is None:
                return None
            content = change(row[0])
            connection.execute(
                "UPDATE sessions SET content = ?, expires_s = ? WHERE id = ?",
                (content, expires_s, session_id),
            )
            return content

    def rename(self, session_id: str, new_id: str) -> None:
        """Give a session another id; nothing answers to the old one any more."""
        with self._transaction() as connection:
            connection.execute("UPDATE sessions SET id = ? WHERE id = ?", (new_id, session_id))

    def touch(self, session_id: str, expires_s: float) -> None:
        """Let a session expire later."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE sessions SET expires_s = max(expires_s, ?) WHERE id = ?",
                (expires_s, session_id),
            )

    def delete(self, session_id: str) -> None:
        """Remove a session, whatever is in it."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,))

    def close(self) -> None:
        """Close the connections of this process that are not in use; later calls open new ones."""
        if self._pid == os.getpid():
            _close(self._free)

    # -- connections ---------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=self._busy_timeout_s,
            isolation_level=None,  # transactions are begun here, not guessed by the module
            check_same_thread=False,  # the pool sees to it
        )
        try:
            # In WAL mode this loses nothing when a process is killed, only when the machine is.
            connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Take a connection out of the pool, or make one, for one transaction."""
        if self._pid != os.getpid():
            self._start()  # in a child; what the parent had in the pool was closed before the fork
        try:
            try:
                connection = self._free.pop()
            except IndexError:
                connection = self._connect()
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._free.append(connection)
        except sqlite3.Error as error:
            raise SessionStoreError(
                f"The session file {self.path} can't be used: {error}. Check that it is on a local"
                " disk with space left and that this user may write it and its folder."
            ) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection, self._writing:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")


def _close(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


def _close_all() -> None:
    for store in list(_stores):
        store.close()


os.register_at_fork(before=_close_all)
