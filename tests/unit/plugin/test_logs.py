"""What pytest's log keeps of a failed request is text."""

from __future__ import annotations

import logging
import weakref

import pytest

from harness.plugin.logs import let_go_of_tracebacks


class Thing:
    """What only a frame, or a record's arguments, refer to."""


def fail(thing: Thing) -> None:
    raise ValueError(str(type(thing)))


def log_a_failure() -> list[weakref.ref[Thing]]:
    in_frame, in_arguments = Thing(), Thing()
    try:
        fail(in_frame)
    except ValueError:
        logging.getLogger("shop").exception("it failed for %r", in_arguments)
    return [weakref.ref(in_frame), weakref.ref(in_arguments)]


def test_a_record_keeps_what_it_says_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    things = log_a_failure()
    assert all(thing() is not None for thing in things)  # pytest keeps them
    let_go_of_tracebacks()
    assert [thing() for thing in things] == [None, None]
    (record,) = caplog.records
    assert "it failed for <" in record.getMessage()
    assert "ValueError" in logging.Formatter().format(record)
