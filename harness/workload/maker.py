"""One client's identity: the canaries it has made, the sessions it believes to hold, its dice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from harness.history.canary import CanaryKind, make_canary, to_text
from harness.history.scenarios import Scenario

from .operation import Operation, Policy, SessionKind

#: Loopback addresses that raw clients bind, so that `remote_addr` differs between clients and
#: between connections of one client. 127.0.0.1 is left to those who do not bind.
SOURCES = tuple(f"127.0.0.{last}" for last in range(2, 10))
#: Pauses of a probe between its two looks, drawn evenly; 0 keeps some requests CPU-only.
PAUSES_MS = (0, 0, 1, 1, 2, 5)
#: Drawn evenly: most operations reuse connections, as one process answers a kept one for its
#: whole life; fresh ones spread a client over the processes.
POLICIES = (Policy.KEEP_ALIVE, Policy.KEEP_ALIVE, Policy.FRESH, Policy.SHARED)
#: One request in this many is anonymous although the client holds a session: it must see none.
ANONYMOUS_EVERY = 8
#: Entries after which a session is left for a new one: a cookie has to stay under 4 KiB.
LOG_ENTRIES_MAX = 24


@dataclass(slots=True)
class Maker:
    """Makes canaries and draws choices for one client of one load worker."""

    rng: Random
    worker: int
    client: int
    sources: tuple[str, ...] = SOURCES
    sessions: dict[SessionKind, int] = field(default_factory=dict)
    written: Counter[SessionKind] = field(default_factory=Counter)
    _numbers: Counter[CanaryKind] = field(default_factory=Counter)

    def canary(self, kind: CanaryKind = CanaryKind.OPERATION) -> int:
        """Return the next canary of *kind*."""
        self._numbers[kind] += 1
        return make_canary(kind, self.worker, self.client, self._numbers[kind])

    def new_session(self, store: SessionKind) -> int:
        """Return the canary of a session that the client will hold from now on."""
        self.sessions[store] = self.canary(CanaryKind.SESSION)
        self.written[store] = 0
        return self.sessions[store]

    def any_session(self) -> tuple[SessionKind, int]:
        """Return a store and the canary of the session to be in there, 0 for an anonymous request."""
        store = self.rng.choice(tuple(SessionKind))
        if self.rng.randrange(ANONYMOUS_EVERY) == 0:
            return store, 0
        return store, self.sessions.get(store, 0)

    def source(self) -> str:
        """Return the local address for a new connection, '' where addresses are not bound."""
        return self.rng.choice(self.sources) if self.sources else ""

    def pause_ms(self) -> int:
        """Return how long the probe shall pause between its looks."""
        return self.rng.choice(PAUSES_MS)

    def policy(self) -> Policy:
        """Return the connection to travel on."""
        return self.rng.choice(POLICIES)

    def operation(
        self,
        scenario: Scenario,
        path: str,
        *,
        method: str = "GET",
        session: tuple[SessionKind, int] | None = None,
        policy: Policy | None = None,
        pause_ms: int | None = None,
        body: bytes = b"",
        content_type: str = "",
        chunks: int = 0,
        writes: bool = False,
        key: str = "",
        value: int = 0,
    ) -> Operation:
        """Return an operation with the next canary, in a drawn session unless *session* says which.

        In *path* ``{c}`` and in *body* ``@c@`` stand for the canary's text; the query gets
        ``canary``, ``pause_ms`` and, for a stream, ``chunks``.
        """
        canary = self.canary()
        text = to_text(canary)
        store, session_canary = self.any_session() if session is None else session
        pause = self.pause_ms() if pause_ms is None else pause_ms
        query = f"canary={text}&pause_ms={pause}" + (f"&chunks={chunks}" if chunks else "")
        return Operation(
            scenario=scenario,
            canary=canary,
            method=method,
            path=f"{store.value}{path.replace('{c}', text)}?{query}",
            store=store,
            session=session_canary,
            sends_session=session_canary != 0,
            writes=writes,
            cookies=(("canary", text),),
            headers=(("Content-Type", content_type),) if content_type else (),
            body=body.replace(b"@c@", text.encode()),
            policy=self.policy() if policy is None else policy,
            source=self.source(),
            pause_ms=pause,
            key=key,
            value=value,
            chunks=chunks,
        )
