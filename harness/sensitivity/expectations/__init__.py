"""What each fault must raise in each column; a module for each of the target's modules of faults."""

from __future__ import annotations

from harness.sensitivity.expectation import EVERYWHERE, Expectation

from . import (
    backends,
    endings,
    holders,
    inherited,
    locality,
    popped,
    responses,
    retention,
    servers,
    sessions,
    workers,
    wrapping,
)

EXPECTATIONS: tuple[Expectation, ...] = (
    Expectation("", EVERYWHERE, why="a right target raises nothing"),
    *locality.EXPECTATIONS,
    *holders.EXPECTATIONS,
    *inherited.EXPECTATIONS,
    *endings.EXPECTATIONS,
    *popped.EXPECTATIONS,
    *wrapping.EXPECTATIONS,
    *retention.EXPECTATIONS,
    *sessions.EXPECTATIONS,
    *responses.EXPECTATIONS,
    *backends.EXPECTATIONS,
    *servers.EXPECTATIONS,
    *workers.EXPECTATIONS,
)


def find_expectation(fault: str, column: str) -> Expectation:
    """Return what *fault* must show in *column*.

    :raises LookupError: if the table has no such row; the message says what to do.
    """
    for row in EXPECTATIONS:
        if row.fault == fault and column in row.columns:
            return row
    raise LookupError(
        f"nothing is expected of fault {fault!r} in column {column!r}: add a row to EXPECTATIONS"
    )
