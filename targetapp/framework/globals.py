"""Where the current contexts are kept, and the functions that read them.

Rule: every reader goes through :data:`app_var` and :data:`request_var` as attributes of this
module at the time of the call, so that :func:`replace_storage` reaches all of them, the proxies
of :mod:`targetapp.framework.proxies` included. No other module may keep a reference to a storage.

``request_var`` holds the current request context (``app``, ``request``, ``session``, ``g``,
``app_context``), ``app_var`` the current app context (``app``, ``g``); None or nothing means that
there is no such context. A context that was pushed inside another remembers it as ``previous``.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Protocol


class Storage(Protocol):
    """One slot that holds the current context; a :class:`~contextvars.ContextVar` is one.

    ``set`` returns a token; ``reset`` with it brings back what was there before, and raises
    :class:`ValueError` if the token was made elsewhere (in another :class:`~contextvars.Context`).
    """

    def get(self, default: Any, /) -> Any:
        """Return what it holds here, or *default*."""

    def set(self, value: Any, /) -> Any:
        """Hold *value* from now on; return a token for :meth:`reset`."""

    def reset(self, token: Any, /) -> None:
        """Hold what was there when the token was made."""


app_var: Storage = ContextVar[Any]("targetapp.app_context")
request_var: Storage = ContextVar[Any]("targetapp.request_context")


def replace_storage(new_app_var: Storage, new_request_var: Storage) -> tuple[Storage, Storage]:
    """Keep the current contexts in other storages from now on; return the two that were there.

    To be called while no context is pushed. It exists for experiments: a storage that is not
    local to a thread and greenlet is the classic fault.
    """
    global app_var, request_var
    before = app_var, request_var
    app_var, request_var = new_app_var, new_request_var
    return before


_NO_APP = (
    "Working outside of an app context: current_app and g exist only inside one. Push one with"
    " 'with app.app_context():', or do this in a view."
)
_NO_REQUEST = (
    "Working outside of a request context: request and session exist only while a request is"
    " handled. In a test use 'with app.test_request_context():'; in a thread, greenlet or"
    " generator that outlives the view wrap it with copy_current_request_context or"
    " stream_with_context."
)
_NO_SESSION = (
    "The session is not open yet: it is opened right after the request context was pushed. Use"
    " the request's cookies in open_session, not the session."
)


def has_app_context() -> bool:
    """Tell whether ``current_app`` and ``g`` can be used here."""
    return app_var.get(None) is not None


def has_request_context() -> bool:
    """Tell whether ``request`` and ``session`` can be used here."""
    return request_var.get(None) is not None


def current_app_context() -> Any:
    """Return the current app context.

    :raises RuntimeError: if there is none.
    """
    context = app_var.get(None)
    if context is None:
        raise RuntimeError(_NO_APP)
    return context


def current_request_context() -> Any:
    """Return the current request context.

    :raises RuntimeError: if there is none.
    """
    context = request_var.get(None)
    if context is None:
        raise RuntimeError(_NO_REQUEST)
    return context


def find_app() -> Any:
    """Return what ``current_app`` stands for; :raises RuntimeError: outside an app context."""
    context = app_var.get(None)
    if context is None:
        raise RuntimeError(_NO_APP)
    return context.app


def find_g() -> Any:
    """Return what ``g`` stands for; :raises RuntimeError: outside an app context."""
    context = app_var.get(None)
    if context is None:
        raise RuntimeError(_NO_APP)
    return context.g


def find_request() -> Any:
    """Return what ``request`` stands for; :raises RuntimeError: outside a request context."""
    context = request_var.get(None)
    if context is None:
        raise RuntimeError(_NO_REQUEST)
    return context.request


def find_session() -> Any:
    """Return what ``session`` stands for.

    :raises RuntimeError: outside a request context, or before its session was opened.
    """
    context = request_var.get(None)
    if context is None:
        raise RuntimeError(_NO_REQUEST)
    session = context.session
    if session is None:
        raise RuntimeError(_NO_SESSION)
    return session
