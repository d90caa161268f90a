"""Contexts that stay pushed, and teardowns that are skipped, early or told the wrong thing."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

EXPECTATIONS = (
    Expectation(
        "no_pop_on_exception",
        EVERYWHERE,
        must=these("I0", "I6"),
        may=these("I1", "I10", "CYCLE"),
        why="the context of a request that failed stays on its worker",
    ),
    Expectation(
        "teardown_error_stops_others",
        EVERYWHERE,
        must=these("I6"),
        # A step that is not reached is missing in the cycle too.
        may=these("CYCLE"),
        why="the callbacks after the one that raises never run, whoever serves the request",
    ),
    Expectation(
        "except_exception_only",
        EVERYWHERE,
        must=these("I6"),
        may=these("CYCLE", "I0"),
        why="a BaseException goes past the clean-up",
    ),
    Expectation("base_exception_none", EVERYWHERE, must=these("I6"), why="teardowns are told of no error"),
    Expectation(
        "teardown_before_stream",
        EVERYWHERE,
        must=these("I5", "I6"),
        may=these("I3"),
        why="the body is sent after its context is gone",
    ),
)
