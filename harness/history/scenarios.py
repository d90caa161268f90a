"""The kinds of operation, and what each may legally show; a table.

``statuses`` are the HTTP statuses a right target may answer. ``outcomes`` are the exception
classes a teardown of the request may be given. ``streams`` marks a body that is streamed with
the context (its teardown belongs after the last chunk). ``leaves`` marks a scenario whose
exception leaves the app to the outermost wrapper.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .layout import Outcome


class Scenario(IntEnum):
    """What an operation does; its number is in the wrapper's header and the client's records."""

    COLD_START = 1
    ECHO = 2
    ECHO_FORM = 3
    ECHO_JSON = 4
    LOGIN = 5
    SESSION_APPEND = 6
    SESSION_READ = 7
    SESSION_PARALLEL = 8
    SESSION_UNKNOWN = 9
    ISSUE_ID = 10
    PUT = 11
    GET = 12
    NESTED_APP_CONTEXT = 13
    HEAD = 14
    OPTIONS = 15
    NOT_FOUND = 16
    METHOD_NOT_ALLOWED = 17
    HANDLED_ERROR = 18
    UNHANDLED_ERROR = 19
    ABORT = 20
    TEARDOWN_ERROR = 21
    BASE_EXCEPTION = 22
    STREAM = 23
    STREAM_DISCONNECT = 24
    PIPELINED = 25
    UNREAD_BODY = 26
    BACKEND = 27
    BACKEND_CANCEL = 28
    SHARED_PAGE = 29
    STATIC = 30
    SESSION_OPEN_ERROR = 31
    JOB = 32
    VISIT = 64  # of a route of the user's own application; no probe answers it


#: What the probes are asked; VISIT is for applications that have none.
PROBED = frozenset(Scenario) - {Scenario.VISIT}


@dataclass(frozen=True, slots=True)
class Legal:
    """What an operation of one scenario may show."""

    statuses: tuple[int, ...] = (200,)
    outcomes: tuple[Outcome, ...] = (Outcome.NONE,)
    streams: bool = False
    leaves: bool = False


LEGAL: dict[Scenario, Legal] = {
    **{scenario: Legal() for scenario in Scenario},
    Scenario.NOT_FOUND: Legal(statuses=(404,)),
    Scenario.METHOD_NOT_ALLOWED: Legal(statuses=(405,)),
    Scenario.HANDLED_ERROR: Legal(statuses=(418,)),
    Scenario.ABORT: Legal(statuses=(403,)),
    Scenario.UNHANDLED_ERROR: Legal(statuses=(500,), outcomes=(Outcome.ERROR,)),
    Scenario.TEARDOWN_ERROR: Legal(statuses=(500,), leaves=True),
    Scenario.BASE_EXCEPTION: Legal(statuses=(500,), outcomes=(Outcome.BASE,), leaves=True),
    Scenario.BACKEND_CANCEL: Legal(statuses=(500,), outcomes=(Outcome.BASE,), leaves=True),
    Scenario.SESSION_OPEN_ERROR: Legal(statuses=(500,), outcomes=(Outcome.ERROR,)),
    Scenario.STREAM: Legal(streams=True),
    Scenario.STREAM_DISCONNECT: Legal(outcomes=(Outcome.NONE, Outcome.GENERATOR_EXIT), streams=True),
}
