"""Contexts that are popped by another thread, or by a copy that does not own them."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

EXPECTATIONS = (
    Expectation(
        "abandoned_other_thread",
        ("pool", "process"),
        must=these("I0", "I2", "I6"),
        # Until a request has pushed its own, what stayed is current; and it is kept as long as it does.
        may=these("I1", "I10", "CYCLE"),
        why="the worker whose context was closed elsewhere goes on with the dead request's g",
        scenarios=("stream_disconnect",),
    ),
    Expectation(
        "abandoned_other_thread",
        ("connection", "greenlet"),
        must=these("I0", "I6"),
        may=these("I10", "CYCLE"),
        why="the context stays, but the worker ends with the connection that its client left",
        scenarios=("stream_disconnect",),
    ),
    Expectation(
        "executor_shared_context",
        EVERYWHERE,
        must=these("I0"),
        # The job whose pop fails is a 500, and its teardowns are told so; what stays hides what is there.
        may=these("I1", "I3", "I6", "I8", "I10"),
        why="a pool's thread keeps the request that the other thread pushed last",
        scenarios=("job",),
    ),
    Expectation(
        "copy_pops_owner",
        EVERYWHERE,
        must=these("I0", "CYCLE"),
        # The request goes on without a context of its own: its answer is a 500, and the next request on the
        # worker starts on top of what was left.
        may=these("I1", "I4", "I8", "I10"),
        why="the live request's context ends on the job's thread, and stays where the request is",
        scenarios=("job",),
    ),
    Expectation(
        "stream_pushed_elsewhere",
        EVERYWHERE,
        must=these("I5"),
        # A chunk shows no session either.
        may=these("I3"),
        why="from the second chunk on nothing is current",
        scenarios=("stream",),
    ),
)
