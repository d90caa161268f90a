"""What one client knows of the target's state: its sessions, and the values it has put.

The client is the only writer of its sessions and of its keys, so what it was told is what must
be there. A write whose outcome is unknown may be there or not, for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from harness.history.scenarios import Scenario
from harness.workload.operation import SESSION_COOKIES, Operation, SessionKind

from .http import Response

_LOGS_IN = frozenset({Scenario.LOGIN})


@dataclass(frozen=True, slots=True)
class Held:
    """A session: its canary, its cookie's value, entries it must hold, entries it may hold."""

    canary: int
    cookie: str
    entries: frozenset[int] = frozenset()
    maybe: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Stored:
    """A key's value: the last that was acknowledged (0: none), and all that may be there instead."""

    value: int = 0
    maybe: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sent:
    """What was known when an operation was sent; its reply is compared with this.

    ``remote_addr``: the connection's own address as a number, 0 if not known. ``beside``:
    entries that other operations of the same parallel group may have written meanwhile.
    """

    remote_addr: int = 0
    held: Held | None = None
    stored: Stored = Stored()
    beside: frozenset[int] = frozenset()


def set_session_cookies(response: Response) -> list[tuple[str, str]]:
    """Return the session cookies, of either store, that a response sets: (name, value)."""
    found = []
    for header in response.all_headers("set-cookie"):
        name, _, value = header.partition(";")[0].strip().partition("=")
        if name in SESSION_COOKIES.values():
            found.append((name, value))
    return found


class Model:
    """One client's knowledge; changed by each completion."""

    def __init__(self) -> None:
        self._sessions: dict[SessionKind, Held] = {}
        self._values: dict[str, Stored] = {}

    def held(self, store: SessionKind) -> Held | None:
        """Return the session held in a store."""
        return self._sessions.get(store)

    def sent(self, operation: Operation, remote_addr: int, group: Iterable[Operation]) -> Sent:
        """Return what is known as *operation* is sent, beside the others of its *group*."""
        beside: frozenset[int] = frozenset()
        if operation.store is SessionKind.SERVER:  # in a cookie no other writer can show up
            beside = frozenset(other.canary for other in group if other.writes) - {operation.canary}
        held = self._sessions.get(operation.store) if operation.sends_session else None
        return Sent(remote_addr, held, self._values.get(operation.key, Stored()), beside)

    def completed(self, operation: Operation, sent: Sent, response: Response) -> bool:
        """Take over what a completed operation changed; False if the session it began is lost."""
        if response.status not in operation.statuses:
            return self.unknown(operation)
        if operation.value:
            self._values[operation.key] = replace(self._stored(operation), value=operation.value)
        name = SESSION_COOKIES[operation.store]
        cookie = next((value for key, value in set_session_cookies(response) if key == name), "")
        if operation.scenario in _LOGS_IN:
            if cookie:
                self._sessions[operation.store] = Held(operation.session, cookie)
                return True
            self._sessions.pop(operation.store, None)
            return False
        if operation.writes and sent.held is not None:
            self._wrote(operation, sent.held, cookie)
        return True

    def _wrote(self, operation: Operation, held: Held, cookie: str) -> None:
        if operation.store is SessionKind.COOKIE:
            # The cookie is the session: what it was sent with, plus this write.
            if cookie:
                grown = replace(held, cookie=cookie, entries=held.entries | {operation.canary})
                self._sessions[operation.store] = grown
            return
        now = self._sessions.get(operation.store)
        if now is not None and now.canary == held.canary:
            grown = replace(now, cookie=cookie or now.cookie, entries=now.entries | {operation.canary})
            self._sessions[operation.store] = grown

    def unknown(self, operation: Operation) -> bool:
        """Note that an operation may or may not have happened; False if its session is lost."""
        if operation.value:
            stored = self._stored(operation)
            self._values[operation.key] = replace(stored, maybe=stored.maybe | {operation.value})
        if operation.scenario in _LOGS_IN:
            self._sessions.pop(operation.store, None)
            return False
        held = self._sessions.get(operation.store)
        if operation.writes and held is not None and operation.store is SessionKind.SERVER:
            self._sessions[operation.store] = replace(held, maybe=held.maybe | {operation.canary})
        return True

    def _stored(self, operation: Operation) -> Stored:
        return self._values.get(operation.key, Stored())
