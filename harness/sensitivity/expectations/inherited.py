"""Context variables: changed in place, not taken back, or inherited by those who should not have them."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

EXPECTATIONS = (
    Expectation(
        "mutable_log_dict",
        EVERYWHERE,
        must=these("I2"),
        why="every thread and greenlet starts with the variable's default, and that is one dict",
    ),
    Expectation(
        "connection_context_kept",
        ("pool", "greenlet"),
        must=these("I2"),
        why="the second request of a kept connection runs in the context of the first",
    ),
    Expectation(
        "connection_context_kept",
        ("connection", "process"),
        why="these servers close the connection after each response",
    ),
    Expectation(
        "thread_inherits_context",
        EVERYWHERE,
        must=these("I0"),
        # The job's own context is pushed on top: until its request is, that of the starter is seen; and
        # the thread keeps that as long as it lives.
        may=these("I1", "I10"),
        why="each later job on the thread finds the request that the thread was started for",
        scenarios=("job",),
    ),
    Expectation(
        "job_keeps_value",
        EVERYWHERE,
        must=these("I2"),
        # The job takes what it found for its own, and so its g is another's from there on.
        may=these("I1"),
        why="the thread's next job finds what the one before set",
        scenarios=("job",),
    ),
    Expectation(
        "generator_finalised_elsewhere",
        ("pool", "greenlet"),
        must=these("I2"),
        why="another worker finalises the generator, and its token is no good there",
        scenarios=("base_exception",),
    ),
    Expectation(
        "generator_finalised_elsewhere",
        ("connection",),
        why="the thread where the value stays ends with its one request",
    ),
    Expectation(
        "generator_finalised_elsewhere",
        ("process",),
        why="the process's one thread finalises the generator itself, and the token is good there",
    ),
)
