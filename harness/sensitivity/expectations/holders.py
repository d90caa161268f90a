"""Values of one request kept on an object that all requests share, or on the wrong worker."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

_OVERLAPPING = ("pool", "connection", "greenlet")

EXPECTATIONS = (
    Expectation(
        "swap_restore_global",
        _OVERLAPPING,
        must=these("I4"),
        why="two requests that swap and restore crosswise leave one of theirs in the extension",
        scenarios=("echo", "echo_form", "echo_json", "cold_start", "pipelined"),
    ),
    Expectation(
        "swap_restore_global", ("process",), why="one request at a time restores what it found, every time"
    ),
    Expectation(
        "sticky_global",
        EVERYWHERE,
        must=these("I4"),
        why="once a form came, its sender is everybody's choice in that process",
        scenarios=("echo_form", "login"),
    ),
    Expectation(
        "class_attribute",
        EVERYWHERE,
        must=these("I3"),
        why="a session's log has the entries of others that the class gathered",
        scenarios=("session_append", "session_parallel"),
    ),
    Expectation(
        "shared_renderer",
        EVERYWHERE,
        must=these("I1"),
        # The first request of each process is kept by the renderer that was made for it.
        may=these("I10"),
        why="all later answers are rendered for the first request of the process",
        scenarios=("issue_id",),
    ),
    Expectation(
        "locals_not_cleared",
        ("pool", "greenlet", "process"),
        must=these("I2"),
        why="the worker's first request is still in its local object when the next one starts",
    ),
    Expectation("locals_not_cleared", ("connection",), why="a connection's thread ends with its one request"),
    Expectation(
        "log_local_unpatched",
        ("greenlet",),
        must=these("I4"),
        why="the greenlets of a thread share its local, and the response names the one that came last",
    ),
    Expectation("log_local_unpatched", ("pool", "connection", "process"), why="a thread's local is its own"),
    Expectation(
        "dict_iterated",
        _OVERLAPPING,
        must=these("I8"),
        # The request that fails is torn down with its error.
        may=these("I6"),
        why="the dict changes during the walk as soon as another request begins or ends",
        scenarios=("issue_id",),
    ),
    Expectation("dict_iterated", ("process",), why="nobody else is in flight"),
)
