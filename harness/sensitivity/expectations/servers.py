"""Servers that mix up the requests of one connection, or of all."""

from __future__ import annotations

from harness.sensitivity.expectation import Expectation, these

_ONE_REQUEST = "a connection ends with its one request"

EXPECTATIONS = (
    Expectation(
        "unread_body_parsed",
        ("pool", "greenlet"),
        # The answer has a status, headers and a g that are the unread body's.
        must=these("I1", "I4", "I8"),
        why="the kept connection answers what is left of the body",
        scenarios=("unread_body",),
    ),
    Expectation("unread_body_parsed", ("connection", "process"), why=_ONE_REQUEST),
    Expectation(
        "trailers_left",
        ("pool", "greenlet"),
        must=these("I8"),
        # The server refuses them by itself: its answer has no header of ours, and so no g.
        may=these("I1", "I4"),
        why="the kept connection answers the trailers",
        scenarios=("unread_body",),
    ),
    Expectation("trailers_left", ("connection", "process"), why=_ONE_REQUEST),
    Expectation(
        "remote_addr_once",
        ("pool", "greenlet"),
        must=these("I1"),
        why="the second request of a kept connection has the proxy's address",
        scenarios=("echo", "echo_form", "echo_json", "pipelined", "unread_body"),
    ),
    Expectation("remote_addr_once", ("connection", "process"), why=_ONE_REQUEST),
    Expectation(
        "headers_shared",
        ("pool", "connection", "greenlet"),
        must=these("I1"),
        # Canary and session cookie are read from the headers: whatever is done with them is another's.
        may=these("I3", "I4", "I5", "I6"),
        why="the request that came between overwrites the headers",
    ),
    Expectation("headers_shared", ("process",), why="nothing comes between"),
)
