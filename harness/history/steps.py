"""The named steps of the request cycle, in their normal order, and what is active at each.

A table. The numbers are those of the journal; the names are those the target's checkpoint hook
calls them by (signals keep their own names: ``appcontext_pushed`` is the sending of the signal,
``app_context_push`` the moment after the context variable was set).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Step(IntEnum):
    """A checkpoint of the cycle."""

    APP_CONTEXT_PUSH = 1  # the app context variable was set
    APPCONTEXT_PUSHED = 2  # the signal is about to be sent
    REQUEST_CONTEXT_PUSH = 3  # the request context variable was set
    OPEN_SESSION = 4
    MATCH_REQUEST = 5
    REQUEST_STARTED = 6
    URL_VALUE_PREPROCESSOR = 7
    BEFORE_REQUEST = 8
    DISPATCH_REQUEST = 9  # a stored routing error is raised, OPTIONS answered, or the view called
    VIEW = 10  # the view is about to be called
    HANDLE_USER_EXCEPTION = 11
    MAKE_RESPONSE = 12
    AFTER_THIS_REQUEST = 13
    AFTER_REQUEST = 14
    SAVE_SESSION = 15
    REQUEST_FINISHED = 16
    HANDLE_EXCEPTION = 17
    START_RESPONSE = 18
    TEARDOWN_REQUEST = 19
    REQUEST_TEARING_DOWN = 20
    REQUEST_CLOSE = 21
    REQUEST_CONTEXT_POP = 22  # the request context variable was reset
    TEARDOWN_APPCONTEXT = 23
    APPCONTEXT_TEARING_DOWN = 24
    APP_CONTEXT_POP = 25  # the app context variable was reset
    APPCONTEXT_POPPED = 26

    @property
    def label(self) -> str:
        """The name the target's hook uses, and reports show."""
        return self.name.lower()


class Active(NamedTuple):
    """Which contexts are current while a step is reached."""

    app: bool
    request: bool


_NONE = Active(app=False, request=False)
_APP = Active(app=True, request=False)
_BOTH = Active(app=True, request=True)

ACTIVE: dict[Step, Active] = {
    **dict.fromkeys(Step, _BOTH),
    Step.APP_CONTEXT_PUSH: _APP,
    Step.APPCONTEXT_PUSHED: _APP,
    Step.REQUEST_CONTEXT_POP: _APP,
    Step.TEARDOWN_APPCONTEXT: _APP,
    Step.APPCONTEXT_TEARING_DOWN: _APP,
    Step.APP_CONTEXT_POP: _NONE,
    Step.APPCONTEXT_POPPED: _NONE,
}

#: Steps of an app context's own life; all others belong to a request context. Inside a request
#: `request` stays current while a nested app context lives through these.
APP_CONTEXT_STEPS = frozenset(
    {
        Step.APP_CONTEXT_PUSH,
        Step.APPCONTEXT_PUSHED,
        Step.TEARDOWN_APPCONTEXT,
        Step.APPCONTEXT_TEARING_DOWN,
        Step.APP_CONTEXT_POP,
        Step.APPCONTEXT_POPPED,
    }
)
PUSHES = frozenset({Step.APP_CONTEXT_PUSH, Step.REQUEST_CONTEXT_PUSH})
POPS = frozenset({Step.APP_CONTEXT_POP, Step.REQUEST_CONTEXT_POP})
