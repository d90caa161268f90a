"""``request``, ``session``, ``g`` and ``current_app``, usable as if they were globals.

Each is Werkzeug's ``LocalProxy`` around a function of :mod:`targetapp.framework.globals`, which
looks the context up at each use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.local import LocalProxy

from . import globals as globals_
from .app import App
from .namespace import AppGlobals
from .sessions import SessionMixin
from .wrappers import Request


def _proxy(find: Callable[[], Any]) -> Any:
    proxy = LocalProxy(find)
    # LocalProxy would call *find* through two more functions, at each use of each proxy.
    object.__setattr__(proxy, "_get_current_object", find)
    return proxy


current_app: App = _proxy(globals_.find_app)
g: AppGlobals = _proxy(globals_.find_g)
request: Request = _proxy(globals_.find_request)
session: SessionMixin = _proxy(globals_.find_session)
