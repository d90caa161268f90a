"""Sessions that are another's, or lose what was written."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

EXPECTATIONS = (
    Expectation(
        "sid_reuse",
        EVERYWHERE,
        must=these("I3"),
        why="an id the client made up is kept",
        scenarios=("session_unknown",),
    ),
    Expectation(
        "sid_empty_key",
        EVERYWHERE,
        must=these("I3"),
        # They send the same cookie too, so a cache gives one of them the page of another.
        may=these("I4"),
        why="all who log in share the session under the empty id",
        scenarios=("login", "session_unknown", "session_append", "session_read", "session_parallel"),
    ),
    Expectation(
        "server_session_lost_update",
        EVERYWHERE,
        must=these("I3"),
        why="of parallel writers in one session the last one wins",
        scenarios=("session_parallel",),
    ),
    Expectation(
        "session_default_shared",
        EVERYWHERE,
        must=these("I3"),
        may=these("I4"),
        why="whoever has no session yet is given the shared default",
    ),
)
