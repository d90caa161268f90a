"""What the cases are about: one row each, so that a few hundred examples reach every corner."""

from __future__ import annotations

from typing import Any

from tests.differential import words
from tests.differential.drawing import Theme
from tests.differential.values import VALUES


def _pairs(*tables: dict[str, tuple[Any, ...]]) -> tuple[tuple[str, Any], ...]:
    """Return each setting with each of its values."""
    return tuple((key, value) for table in tables for key, values in table.items() for value in values)


_CYCLE = _pairs(words.CYCLE_SETTINGS)
_ANY_ACT = (*words.G_ACTS, *words.SESSION_ACTS, *words.URL_ACTS, *words.BODY_ACTS, *words.CONTEXT_ACTS)
_ANY_ERROR = (*words.PROGRAM_ERRORS, *words.HTTP_ERRORS)

THEMES = {
    "cycle": Theme(settings=_CYCLE, hooks_max=6, parts_max=2, errors=("boom", "exit", "403", "inner")),
    "errors": Theme(settings=_CYCLE, errors=_ANY_ERROR, failing=3, handlers_max=4, streaming=16),
    "teardowns": Theme(settings=_CYCLE, failing_late=3, failing=8, errors=("boom", "exit", "key", "404")),
    "sessions": Theme(
        acts=words.SESSION_ACTS,
        settings=_pairs(words.SESSION_SETTINGS),
        cookies=("jar", *words.COOKIES),
        failing=16,
        failing_places=16,
        hooks_max=2,
        asks_max=4,
        streaming=12,
        rules=("/v", "/w/"),
    ),
    "streams": Theme(
        acts=(*words.LATE_ACTS, *words.G_ACTS),
        settings=_CYCLE,
        streaming=2,
        interleaving=3,
        asks_max=3,
        failing=10,
        failing_late=16,
        rules=("/v", "/v/<noted:x>"),
        methods=("GET", "GET", "GET", "HEAD", "POST"),
    ),
    "routing": Theme(
        acts=words.URL_ACTS,
        settings=_pairs(words.URL_SETTINGS),
        rules=tuple(words.RULES),
        methods=words.METHODS,
        hosts=("localhost", *words.HOSTS),
        hosting=3,
        failing=16,
        failing_places=24,
        streaming=0,
        parts_max=3,
        hooks_max=2,
    ),
    "values": Theme(
        acts=words.BODY_ACTS,
        settings=_pairs(words.LIMIT_SETTINGS, words.CYCLE_SETTINGS),
        values=tuple(VALUES),
        methods=("POST", *words.METHODS),
        with_body=2,
        failing=10,
        failing_places=24,
        streaming=10,
        rules=("/v",),
    ),
    "contexts": Theme(
        acts=(*words.CONTEXT_ACTS, *words.G_ACTS, *words.URL_ACTS[:3]),
        errors=("boom", "exit"),
        around=4,
        failing=10,
        failing_late=16,
        streaming=10,
    ),
    # Where a context was left, hooks on the way out use what is current: they only raise and answer.
    "strays": Theme(
        acts=words.LEAVING_ACTS,
        settings=_CYCLE,
        errors=("boom", "exit", "404"),
        failing=10,
        failing_late=16,
        streaming=0,
        registering=0,
        acting_late=0,
    ),
    "everything": Theme(
        acts=_ANY_ACT,
        errors=_ANY_ERROR,
        values=tuple(VALUES),
        settings=_pairs(
            words.CYCLE_SETTINGS, words.LIMIT_SETTINGS, words.SESSION_SETTINGS, words.URL_SETTINGS
        ),
        rules=tuple(words.RULES),
        methods=("GET", "GET", *words.METHODS),
        hosts=("localhost",) * 6 + words.HOSTS,
        cookies=("jar", *words.COOKIES),
        hooks_max=6,
        handlers_max=3,
        parts_max=2,
        asks_max=3,
        failing_late=12,
        streaming=5,
        around=8,
        interleaving=6,
        hosting=8,
    ),
}
