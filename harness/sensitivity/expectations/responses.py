"""Responses that carry another's, or that a cache gives to another."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation, these

EXPECTATIONS = (
    Expectation("vary_dropped", EVERYWHERE, must=these("I4"), why="a cache may serve it to another"),
    Expectation(
        "contains_unaccessed",
        EVERYWHERE,
        must=these("I4"),
        why="the view of a stream only asks whether there is a session",
        scenarios=("stream", "stream_disconnect"),
    ),
    Expectation(
        "static_cookie",
        EVERYWHERE,
        must=these("I4"),
        why="a file that is the same for all sets a session cookie",
        scenarios=("static",),
    ),
    Expectation(
        "view_cached_by_path",
        EVERYWHERE,
        # Nobody reads the session for a cached answer, so it does not vary with the cookie either.
        must=these("I1", "I3", "I4"),
        why="each worker gives the page of one caller to the next",
        scenarios=("shared_page",),
    ),
    Expectation(
        "cookies_kept",
        EVERYWHERE,
        must=these("I4"),
        why="the second response of a process sets the first one's cookies too",
    ),
    Expectation(
        "module_response",
        ("pool", "connection", "greenlet"),
        must=these("I4"),
        may=these("I1", "I3", "I8"),
        why="one response object carries the headers of two requests in flight",
    ),
    Expectation("module_response", ("process",), why="nothing else is in flight"),
)
