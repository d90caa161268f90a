"""Contexts and values kept where another worker finds them."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

EXPECTATIONS = (
    Expectation(
        "global_request",
        ("pool", "connection", "greenlet"),
        must=these("I1"),
        # Another's context is popped, closed and saved with the own one: nearly every law may break.
        may=these("I0", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I10", "CYCLE"),
        why="two requests in flight share the module's one slot",
    ),
    Expectation(
        "global_request",
        ("process",),
        why="a process serves one request at a time, so its one slot is never shared",
    ),
    Expectation(
        "tl_unpatched",
        ("greenlet",),
        must=these("I1"),
        may=these("I0", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I10", "CYCLE"),
        why="all greenlets of a thread share the thread's slot",
    ),
    Expectation("tl_unpatched", ("pool", "connection", "process"), why="a thread's slot is its own"),
    Expectation(
        "app_ctx_for_life",
        EVERYWHERE,
        must=these("I2"),
        may=these("I1", "I5"),
        why="the second request of a process finds the first one's g",
    ),
    Expectation(
        "auth_on_extension",
        ("pool", "connection", "greenlet"),
        must=these("I4"),
        why="the extension's one attribute is overwritten by the request that came between",
    ),
    Expectation(
        "auth_on_extension",
        ("process",),
        must=these("I4"),
        why="nothing comes between, but a request whose session fails to open never sets its caller",
    ),
    Expectation(
        "cv_not_reset",
        ("pool", "greenlet", "process"),
        must=these("I2"),
        why="the worker that set it serves the next",
    ),
    Expectation("cv_not_reset", ("connection",), why="a connection's thread ends with its one request"),
)
