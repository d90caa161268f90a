"""Wrappers around an application that lose the close() of a response."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

EXPECTATIONS = (
    Expectation(
        "close_dropped",
        EVERYWHERE,
        must=these("I10"),
        # A stream that its client left ends when it is dropped, after its operation has left.
        may=these("I6", "CYCLE"),
        why="what is freed when a response is closed is never freed",
    ),
    Expectation(
        "close_only_on_exhaust",
        EVERYWHERE,
        must=these("I10"),
        why="a stream that its client left is never closed",
        scenarios=("stream_disconnect",),
    ),
    Expectation(
        "close_lost_on_head",
        EVERYWHERE,
        must=these("I10"),
        why="the response to a HEAD request is never closed",
        scenarios=("head",),
    ),
    Expectation(
        "traced_iterator",
        EVERYWHERE,
        must=these("I10"),
        why="closing the generator closes nothing",
    ),
)
