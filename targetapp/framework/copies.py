"""Carrying a request to another thread or greenlet: ``copy_current_request_context``."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import ParamSpec, TypeVar

from . import globals as globals_
from .request_context import RequestContext

P = ParamSpec("P")
R = TypeVar("R")


def copy_current_request_context(function: Callable[P, R]) -> Callable[P, R]:
    """Return *function* so that each call runs with the request that is current now.

    Each call has a request context of its own, with the same Request and session objects and a
    new ``g``, and tears it down at its end. So the result may be called on many threads at once;
    whether they may share the Request and the session is for the caller to know.

    :raises RuntimeError: outside a request context.
    """
    current: RequestContext | None = globals_.request_var.get(None)
    if current is None:
        raise RuntimeError(
            "copy_current_request_context was called outside of a request context: decorate the"
            " function in the view, where the request is."
        )
    # Not the context itself: its g must not live as long as the function.
    template = current.copy()

    def with_request(*args: P.args, **kwargs: P.kwargs) -> R:
        with template.copy():
            return function(*args, **kwargs)

    return update_wrapper(with_request, function)
