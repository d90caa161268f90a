"""An operation, before it is sent: everything a client needs to send it and to know its reply."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from harness.history.scenarios import LEGAL, Scenario


class SessionKind(Enum):
    """Which of the target's session stores a path belongs to; the value is the path's prefix."""

    COOKIE = ""
    SERVER = "/server"


#: The names of the session cookies, by kind (docs/probes.md).
SESSION_COOKIES = {SessionKind.COOKIE: "session", SessionKind.SERVER: "sid"}


class Policy(Enum):
    """On which connection an operation travels; the value is what INVOKE events hold as detail."""

    KEEP_ALIVE = 1  # the client's own, opened once and kept
    FRESH = 2  # a new one, closed after the response
    SHARED = 3  # one out of a pool that all clients of this load worker use in turn


class Manner(Enum):
    """How the operations of one item are sent."""

    SEQUENCE = "one after the other, each once the one before it was answered"
    PIPELINED = "all on one connection before the first answer is read"
    PARALLEL = "each on a connection of its own, all sent before the first answer is read"


@dataclass(frozen=True, slots=True)
class Operation:
    """One request of one client.

    ``canary`` is the operation's own, ``session`` that of the session it is sent in or that it
    logs in to (0: none), ``value`` that of the value it puts. ``sends_session``: the client adds
    its session cookie of ``store``; ``writes``: the session must hold ``canary`` in its append
    log afterwards. ``path`` holds the query too. ``chunks``: how many a stream has. ``resets``: a
    client that leaves in the middle of a stream resets its connection instead of closing it.
    ``shared_cache``: it is asked for through the naive cache that all clients of a process share.
    ``route``: the number of the route of a user's own application.
    """

    scenario: Scenario
    canary: int
    method: str
    path: str
    store: SessionKind = SessionKind.COOKIE
    session: int = 0
    sends_session: bool = False
    writes: bool = False
    cookies: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    policy: Policy = Policy.KEEP_ALIVE
    source: str = ""  # the local address to bind, '' for any
    pause_ms: int = 0
    key: str = ""
    value: int = 0
    chunks: int = 0
    resets: bool = False
    shared_cache: bool = False
    route: int = 0

    @property
    def statuses(self) -> tuple[int, ...]:
        """The HTTP statuses a right target may answer."""
        return LEGAL[self.scenario].statuses


@dataclass(frozen=True, slots=True)
class Item:
    """One step of a client: one operation, or several that belong together."""

    manner: Manner
    operations: tuple[Operation, ...]

    def first(self, count: int) -> Item:
        """Return this item cut to its first *count* operations, for a budget that runs out."""
        return self if count >= len(self.operations) else Item(self.manner, self.operations[:count])
