"""The empty checkpoint hook: a named point of the request cycle where one may look.

The framework calls ``checkpoint.hook(step, context)`` at each named step, with the request or app
context the step is about. Nothing is installed by default. What may be installed is its
caller's business: the framework neither knows nor cares who looks.

The idea is Fray's ``Delegate`` and Flask's ``werkzeug.debug.preserve_context``.
"""

from __future__ import annotations

from collections.abc import Callable

Hook = Callable[[str, object], None]


def nothing(step: str, context: object) -> None:
    """Do nothing; the hook that is there until another is installed."""


#: Read as ``checkpoint.hook`` at each call, so that installing one takes effect at once.
hook: Hook = nothing


def install(new: Hook | None) -> None:
    """Install *new* as the hook; None puts the empty one back."""
    global hook  # noqa: PLW0603  # one slot for the process, read late by every caller
    hook = new or nothing
