"""A WSGI framework on Werkzeug: the reference for the request cycle, names as in Flask.

docs/cycle.md has the cycle in one page. The parts of it are one file each.
"""

from __future__ import annotations

from .app import App
from .app_context import AppContext
from .blueprints import Blueprint
from .config import Config
from .cookie_sessions import SecureCookieSessionInterface
from .copies import copy_current_request_context
from .flashing import flash, get_flashed_messages
from .globals import has_app_context, has_request_context
from .namespace import AppGlobals
from .proxies import current_app, g, request, session
from .replies import abort, after_this_request, jsonify, make_response, redirect, url_for
from .request_context import RequestContext
from .sessions import NullSession, SecureCookieSession, SessionInterface, SessionMixin
from .signals import (
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    got_request_exception,
    message_flashed,
    request_finished,
    request_started,
    request_tearing_down,
)
from .static_files import send_file, send_from_directory
from .streaming import stream_with_context
from .teardown import StrayContextError
from .views import MethodView, View
from .wrappers import Request, Response

__all__ = [
    "App",
    "AppContext",
    "AppGlobals",
    "Blueprint",
    "Config",
    "MethodView",
    "NullSession",
    "Request",
    "RequestContext",
    "Response",
    "SecureCookieSession",
    "SecureCookieSessionInterface",
    "SessionInterface",
    "SessionMixin",
    "StrayContextError",
    "View",
    "abort",
    "after_this_request",
    "appcontext_popped",
    "appcontext_pushed",
    "appcontext_tearing_down",
    "copy_current_request_context",
    "current_app",
    "flash",
    "g",
    "get_flashed_messages",
    "got_request_exception",
    "has_app_context",
    "has_request_context",
    "jsonify",
    "make_response",
    "message_flashed",
    "redirect",
    "request",
    "request_finished",
    "request_started",
    "request_tearing_down",
    "send_file",
    "send_from_directory",
    "session",
    "stream_with_context",
    "url_for",
]
