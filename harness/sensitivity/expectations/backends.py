"""Backend clients whose replies are another's."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

_ALONE = "a process asks for one request at a time"

EXPECTATIONS = (
    Expectation(
        "conn_off_by_one",
        EVERYWHERE,
        must=these("G"),
        why="the reply that was not read waits in the connection for whoever is next",
        scenarios=("backend_cancel",),
    ),
    Expectation(
        "conn_shared",
        ("pool", "connection", "greenlet"),
        must=these("G"),
        why="two requests in flight have a query each on the one connection",
        scenarios=("backend",),
    ),
    Expectation("conn_shared", ("process",), why=_ALONE),
    Expectation(
        "conn_taken_twice",
        ("pool", "connection", "greenlet"),
        must=these("G"),
        why="two callers at once are given one connection",
        scenarios=("backend",),
    ),
    Expectation("conn_taken_twice", ("process",), why=_ALONE),
    Expectation(
        "prefork_conn",
        ("process",),
        must=these("G"),
        why="the workers inherited one connection, and no lock reaches over a fork",
        scenarios=("backend",),
    ),
    Expectation(
        "prefork_conn",
        ("pool", "connection", "greenlet"),
        why="in one process a lock keeps the connection to one request at a time",
    ),
)
