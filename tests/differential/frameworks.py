"""The two frameworks under one set of names, so that one builder serves both.

A framework is a namespace: ``api`` has the public names (``App`` aside), ``App`` and the rest are
what a program subclasses or sets. A broken one for the self-test is made with ``replace``.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import flask
import flask.globals
import flask.sessions
import flask.signals
import flask.views

import targetapp
from targetapp.framework import globals as own_globals
from targetapp.framework import signals as own_signals

#: What a description calls the signals.
SIGNALS = {
    "pushed": "appcontext_pushed",
    "started": "request_started",
    "got": "got_request_exception",
    "finished": "request_finished",
    "tearing": "request_tearing_down",
    "app_tearing": "appcontext_tearing_down",
    "popped": "appcontext_popped",
    "flashed": "message_flashed",
}


@dataclass(frozen=True)
class Framework:
    """The names of one framework. *app_var* and *request_var* hold the current contexts."""

    name: str
    api: ModuleType
    signals: ModuleType
    App: Any
    Blueprint: Any
    SessionInterface: Any
    MethodView: Any
    app_var: ContextVar[Any]
    request_var: ContextVar[Any]


FLASK = Framework(
    name="Flask 3.1.3",
    api=flask,
    signals=flask.signals,
    App=flask.Flask,
    Blueprint=flask.Blueprint,
    SessionInterface=flask.sessions.SecureCookieSessionInterface,
    MethodView=flask.views.MethodView,
    app_var=flask.globals._cv_app,
    request_var=flask.globals._cv_request,
)

OURS = Framework(
    name="targetapp",
    api=targetapp,
    signals=own_signals,
    App=targetapp.App,
    Blueprint=targetapp.Blueprint,
    SessionInterface=targetapp.SecureCookieSessionInterface,
    MethodView=targetapp.MethodView,
    app_var=own_globals.app_var,  # type: ignore[arg-type]  # the storage that it starts with
    request_var=own_globals.request_var,  # type: ignore[arg-type]
)
