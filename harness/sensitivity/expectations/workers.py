"""What is right in one worker and wrong in several: seeds, state, first use."""

from __future__ import annotations

from harness.sensitivity.expectation import Expectation, these

EXPECTATIONS = (
    Expectation("fork_seed", ("process",), must=these("I7"), why="preloaded workers inherit one seed"),
    Expectation("fork_seed", ("pool", "connection", "greenlet"), why="one process draws from one generator"),
    Expectation(
        "worker_local_state",
        ("process",),
        must=these("I9"),
        why="a value is known to the worker that took it only",
    ),
    Expectation("worker_local_state", ("pool", "connection", "greenlet"), why="there is one process"),
    Expectation(
        "lazy_init_flag_first",
        ("pool", "connection", "greenlet"),
        must=these("I8"),
        # The request that finds nothing there fails, and its teardowns are told so.
        may=these("I6"),
        why="in the first burst others see the flag before the work is done",
    ),
    Expectation("lazy_init_flag_first", ("process",), why="a process's first request is alone"),
)
