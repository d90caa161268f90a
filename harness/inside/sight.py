"""Careful looks at what the framework's variables hold; never raises, never changes anything.

For the events that are rare enough for it, and for every event in which the quick look of
:mod:`harness.inside.recording` failed. What is there but can't be read is UNMARKED.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from harness.history.canary import ABSENT, UNMARKED
from harness.history.layout import App, Outcome
from harness.target import Contexts

from .rows import word

#: Where the wrapper leaves the operation's canary for a look at ``request``, and the same as a
#: record holds it (written out in :mod:`harness.inside.recording`).
OP_KEY = "crosstalk.op"
WORD_KEY = "crosstalk.word"
#: What probes call their canary in the session and on ``g``.
CANARY = "canary"
_ACTIVATION_MAX = (1 << 32) - 1


class Sight(NamedTuple):
    """What the proxies hold, as a record says it."""

    request: int
    session: int
    g: int
    app: App


def look(contexts: Contexts, app: object) -> Sight:
    """Look at everything; *app* is the target's own."""
    request_context = _held(contexts, "request_var")
    app_context = _held(contexts, "app_var")
    return Sight(
        _request(request_context), _session(request_context), _g(app_context), _app(app_context, app)
    )


def request_activation(contexts: Contexts) -> int:
    """Return the activation of the current request context, 0 without one."""
    return activation_of(_held(contexts, "request_var"))


def app_activation(contexts: Contexts) -> int:
    """Return the activation of the current app context, 0 without one."""
    return activation_of(_held(contexts, "app_var"))


def activation_of(context: object) -> int:
    """Return the activation number a context carries, 0 for none."""
    try:
        number = context.crosstalk_activation  # type: ignore[attr-defined]
    except Exception:
        return 0
    return number if type(number) is int and 0 <= number <= _ACTIVATION_MAX else 0


def outcome_of(error: BaseException | None) -> Outcome:
    """Return the class of an exception that a teardown was given or that left the app."""
    if error is None:
        return Outcome.NONE
    if isinstance(error, BaseExceptionGroup):
        return Outcome.GROUP
    if isinstance(error, GeneratorExit):
        return Outcome.GENERATOR_EXIT
    return Outcome.ERROR if isinstance(error, Exception) else Outcome.BASE


def canary_of(error: BaseException | None) -> int:
    """Return the canary an exception carries; of a group, that of the first that has one."""
    canary = getattr(error, CANARY, ABSENT)
    if type(canary) is int and canary:
        return word(canary)
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(canary_of, error.exceptions)), ABSENT)
    return ABSENT


def _held(contexts: Contexts, variable: str) -> Any:
    try:
        return getattr(contexts, variable).get(None)
    except Exception:
        return None


def _request(context: Any) -> int:
    if context is None:
        return ABSENT
    try:
        return word(context.request.environ[OP_KEY])
    except Exception:
        return UNMARKED


def _session(context: Any) -> int:
    if context is None:
        return ABSENT
    try:
        session = context.session
        # Another kind of session can't be read without marking it as read: it counts as absent.
        return word(dict.get(session, CANARY, ABSENT)) if isinstance(session, dict) else ABSENT
    except Exception:
        return UNMARKED


def _g(context: Any) -> int:
    if context is None:
        return ABSENT
    try:
        return word(context.g.__dict__.get(CANARY, ABSENT))
    except Exception:
        return UNMARKED


def _app(context: Any, app: object) -> App:
    if context is None:
        return App.NONE
    try:
        return App.TARGET if context.app is app else App.OTHER
    except Exception:
        return App.OTHER
