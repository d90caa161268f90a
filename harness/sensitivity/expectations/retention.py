"""What keeps a request after its end: registries, tracebacks, cycles, receivers."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

EXPECTATIONS = (
    Expectation(
        "no_teardown_registered",
        EVERYWHERE,
        must=these("I10"),
        why="nothing takes a request out of the table",
    ),
    Expectation(
        "module_exception",
        EVERYWHERE,
        must=these("I10"),
        why="the exception's traceback grows with each request that raises it",
        scenarios=("abort",),
    ),
    Expectation(
        "frame_cycle",
        EVERYWHERE,
        must=these("I10"),
        why="a request that failed waits for a collector that is switched off",
        scenarios=("unhandled_error",),
    ),
    Expectation(
        "receiver_per_request", EVERYWHERE, must=these("I10"), why="each request is in its receiver's closure"
    ),
    Expectation(
        "scope_made_again", EVERYWHERE, must=these("I10"), why="each request is a key of the table for ever"
    ),
)
