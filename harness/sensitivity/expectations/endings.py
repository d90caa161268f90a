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
        "session_open_error",
        EVERYWHERE,
        must=these("I0", "I6"),
        # The worker's next request starts on top of it; its error's traceback keeps it.
        may=these("I1", "I10", "CYCLE"),
        why="the context whose session did not open stays on its worker",
        scenarios=("session_open_error",),
    ),
    Expectation(
        "pop_not_in_finally",
        ("pool", "greenlet", "process"),
        must=these("I0", "I2", "I6"),
        may=these("I1", "I10", "CYCLE"),
        why="the worker's next request begins with the app context, and the g, of the one that stayed",
        scenarios=("teardown_error",),
    ),
    Expectation(
        "pop_not_in_finally",
        ("connection",),
        must=these("I0", "I6"),
        may=these("I10", "CYCLE"),
        why="the context stays, but its thread ends with the one request, so no other begins with its g",
        scenarios=("teardown_error",),
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
        "teardown_twice",
        EVERYWHERE,
        must=these("I6"),
        # The second round begins where the cycle had come to its end.
        may=these("CYCLE"),
        why="the callbacks of a streamed request run before its body, and again after it",
        scenarios=("stream", "stream_disconnect"),
    ),
    Expectation(
        "teardown_before_stream",
        EVERYWHERE,
        must=these("I5", "I6"),
        may=these("I3"),
        why="the body is sent after its context is gone",
    ),
)
