"""The names of the checkpoints, in the order of a normal request; a table.

Rule: a ``*_push`` is announced right after the context variable was set, a ``*_pop`` right after
it was reset, and only when the context's count goes from 0 to 1 or back. Every other step is
announced right before the thing it names happens. The last column of docs/cycle.md says which
context a step is announced with.
"""

from __future__ import annotations

from typing import Final

APP_CONTEXT_PUSH: Final = "app_context_push"
APPCONTEXT_PUSHED: Final = "appcontext_pushed"
REQUEST_CONTEXT_PUSH: Final = "request_context_push"
OPEN_SESSION: Final = "open_session"
MATCH_REQUEST: Final = "match_request"
REQUEST_STARTED: Final = "request_started"
URL_VALUE_PREPROCESSOR: Final = "url_value_preprocessor"
BEFORE_REQUEST: Final = "before_request"
DISPATCH_REQUEST: Final = "dispatch_request"
VIEW: Final = "view"
HANDLE_USER_EXCEPTION: Final = "handle_user_exception"
MAKE_RESPONSE: Final = "make_response"
AFTER_THIS_REQUEST: Final = "after_this_request"
AFTER_REQUEST: Final = "after_request"
SAVE_SESSION: Final = "save_session"
REQUEST_FINISHED: Final = "request_finished"
HANDLE_EXCEPTION: Final = "handle_exception"
START_RESPONSE: Final = "start_response"
TEARDOWN_REQUEST: Final = "teardown_request"
REQUEST_TEARING_DOWN: Final = "request_tearing_down"
REQUEST_CLOSE: Final = "request_close"
REQUEST_CONTEXT_POP: Final = "request_context_pop"
TEARDOWN_APPCONTEXT: Final = "teardown_appcontext"
APPCONTEXT_TEARING_DOWN: Final = "appcontext_tearing_down"
APP_CONTEXT_POP: Final = "app_context_pop"
APPCONTEXT_POPPED: Final = "appcontext_popped"

#: Announced only on a path that leaves the normal one.
EXCEPTIONAL: Final = (HANDLE_USER_EXCEPTION, HANDLE_EXCEPTION)

#: What a request that nothing disturbs announces, each exactly once.
NORMAL: Final = (
    APP_CONTEXT_PUSH,
    APPCONTEXT_PUSHED,
    REQUEST_CONTEXT_PUSH,
    OPEN_SESSION,
    MATCH_REQUEST,
    REQUEST_STARTED,
    URL_VALUE_PREPROCESSOR,
    BEFORE_REQUEST,
    DISPATCH_REQUEST,
    VIEW,
    MAKE_RESPONSE,
    AFTER_THIS_REQUEST,
    AFTER_REQUEST,
    SAVE_SESSION,
    REQUEST_FINISHED,
    START_RESPONSE,
    TEARDOWN_REQUEST,
    REQUEST_TEARING_DOWN,
    REQUEST_CLOSE,
    REQUEST_CONTEXT_POP,
    TEARDOWN_APPCONTEXT,
    APPCONTEXT_TEARING_DOWN,
    APP_CONTEXT_POP,
    APPCONTEXT_POPPED,
)
