"""Contexts that user code pushed inside another and did not pop.

Only contexts that user code pushed (``push()`` or ``with``) can be strays: a request that the
framework serves pops its own, and may be alive on another greenlet under a storage that is not
local (a seeded fault).
"""

from __future__ import annotations

from typing import Any

from . import globals as globals_
from .activation import Activation
from .teardown import StrayContextError


def _above(top: Any, own: Any) -> list[Any] | None:
    """Return the contexts from *top* down to *own*, without it; None if they can't be strays."""
    found = []
    while top is not own:
        if top is None or top.pushed_at is None:
            return None
        found.append(top)
        top = top.previous
    return found


def find_strays(app_context: Any, request_context: Any | None) -> list[Activation] | None:
    """Return what is still pushed inside a context, the latest first; an empty list for nothing.

    :param app_context: the context that ends, or the one that belongs to *request_context*.
    :param request_context: the context that ends, None if an app context does.
    :returns: None if the context that ends is not among those pushed here.
    """
    apps = _above(globals_.app_var.get(None), app_context)
    if apps is None:
        return None
    top = globals_.request_var.get(None)
    if request_context is not None:
        found = _above(top, request_context)
        if found is None:
            return None
    else:
        found = []
        while top is not None and any(app is top.app_context for app in apps):
            found.append(top)
            top = top.previous
    # The app context of a stray request context ends with it.
    inner = {id(request.app_context) for request in found}
    found += [app for app in apps if id(app) not in inner]
    return sorted(found, key=lambda context: int(context.serial), reverse=True)


def stray_error(stray: Activation, around: Activation) -> StrayContextError:
    """Return the error that names the place where *stray* was pushed."""
    return StrayContextError(
        f"The {stray!r} pushed at {stray.place} was still pushed when the {around!r} around it"
        " ended. Pop it, or push it with a 'with' block."
    )
