"""What is right in one worker and wrong in several: seeds, state, first use."""

from __future__ import annotations

from harness.sensitivity.expectation import Expectation, these

EXPECTATIONS = (
    Expectation(
        "fork_seed",
        ("process",),
        must=these("I7"),
        why="preloaded workers inherit one seed",
        scenarios=("issue_id",),
    ),
    Expectation("fork_seed", ("pool", "connection", "greenlet"), why="one process draws from one generator"),
    Expectation(
        "worker_local_state",
        ("process",),
        must=these("I9"),
        why="a value is known to the worker that took it only",
        scenarios=("put", "get"),
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
    Expectation(
        "sorted_in_place",
        ("pool", "connection", "greenlet"),
        must=these("I8"),
        # Who is turned away gets neither to its error nor to its stream, and the ledger misses both.
        may=these("I6"),
        why="in the first burst others search the list while it looks empty",
    ),
    Expectation("sorted_in_place", ("process",), why="a process's first request is alone"),
    Expectation(
        "made_twice",
        ("pool", "connection", "greenlet"),
        must=these("I7"),
        why="those who draw an id while the counter is made begin a counter each",
        scenarios=("issue_id",),
    ),
    Expectation("made_twice", ("process",), why="a process draws one id at a time"),
    Expectation(
        "rules_change_while_read",
        ("pool", "connection", "greenlet"),
        must=these("I8"),
        # The request that fails tells its teardowns so.
        may=these("I6"),
        why="a rule is added in the middle of another's search",
        scenarios=("put", "get"),
    ),
    Expectation("rules_change_while_read", ("process",), why="nobody else is searching"),
    Expectation(
        "stale_cache",
        ("process",),
        must=these("I9"),
        why="the worker that gets has cached what was there before another's put",
        scenarios=("put", "get"),
    ),
    Expectation("stale_cache", ("pool", "connection", "greenlet"), why="there is one process, and one cache"),
    Expectation(
        "key_per_worker",
        ("process",),
        must=these("I3"),
        # The page of a session that was lost is the page of nobody, and a cache keeps it for its caller.
        may=these("I4"),
        why="a cookie that another worker signed is no session",
    ),
    Expectation(
        "key_per_worker", ("pool", "connection", "greenlet"), why="there is one process, and one key"
    ),
)
