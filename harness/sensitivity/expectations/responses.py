"""Responses that carry another's, or that a cache gives to another."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

EXPECTATIONS = (
    Expectation("vary_dropped", EVERYWHERE, must=these("I4"), why="a cache may serve it to another"),
    Expectation(
        "module_response",
        ("pool", "connection", "greenlet"),
        must=these("I4"),
        may=these("I1", "I3", "I8"),
        why="one response object carries the headers of two requests in flight",
    ),
    Expectation("module_response", ("process",), why="nothing else is in flight"),
)
