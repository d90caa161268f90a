"""The table of faults: each a real, public kind of bug, recreated behind a switch.

A fault says what it does, not what must be found: which invariant has to ring, under which worker
model, and where it must stay silent is the business of whoever tests this app.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from targetapp.framework import App

from . import endings, locality, responses, sessions, workers


class Fault(NamedTuple):
    """One seeded defect."""

    id: str
    fault_class: str  # FC1-FC13 of the catalogue of real bugs
    reference: str  # the public bug, or one of its kind
    mechanism: str  # one sentence
    apply: Callable[[App], None]


_ROWS = (
    Fault(
        "global_request",
        "FC1",
        "the contexts of a single-threaded program; compare miguelgrinberg/Flask-HTTPAuth#3",
        "The current contexts are kept in module globals, so two requests in flight see each other's.",
        locality.global_request,
    ),
    Fault(
        "tl_unpatched",
        "FC2",
        "bottlepy/bottle#896, unbit/uwsgi#701",
        "The current contexts are kept in a thread-local made before gevent patched it, so the"
        " greenlets of one thread share them.",
        locality.tl_unpatched,
    ),
    Fault(
        "app_ctx_for_life",
        "FC1",
        "maxcountryman/flask-login#721",
        "All app contexts of the process share one g, so what a request put there is never gone.",
        locality.app_ctx_for_life,
    ),
    Fault(
        "auth_on_extension",
        "FC1",
        "miguelgrinberg/Flask-HTTPAuth#3",
        "The caller is an attribute of an extension object, which the next caller overwrites.",
        locality.auth_on_extension,
    ),
    Fault(
        "cv_not_reset",
        "FC4",
        "getsentry/sentry-docs#1713, sparckles/Robyn#1384",
        "A context variable is set by each request and never reset, so the worker's next request"
        " begins with it.",
        locality.cv_not_reset,
    ),
    Fault(
        "no_pop_on_exception",
        "FC5",
        "pallets/flask#2563, pallets/flask#1094",
        "A request that fails leaves its contexts pushed on the worker.",
        endings.no_pop_on_exception,
    ),
    Fault(
        "teardown_error_stops_others",
        "FC7",
        "pallets/flask#5928",
        "The first teardown callback that raises stops the ones after it.",
        endings.teardown_error_stops_others,
    ),
    Fault(
        "except_exception_only",
        "FC7",
        "PyMySQL/PyMySQL#275, eventlet/eventlet#527",
        "The clean-up is written as 'except Exception', so a BaseException skips every teardown.",
        endings.except_exception_only,
    ),
    Fault(
        "base_exception_none",
        "FC8",
        "Flask 0.12.1, changes",
        "Teardowns are told that nothing happened when a BaseException ended the request.",
        endings.base_exception_none,
    ),
    Fault(
        "teardown_before_stream",
        "FC8",
        "pallets/quart#361",
        "The contexts are popped when the view returns, and the streamed body runs without them.",
        endings.teardown_before_stream,
    ),
    Fault(
        "vary_dropped",
        "FC9",
        "CVE-2023-30861, CVE-2026-27205",
        "A response that depends on the session says so only if it sets the cookie.",
        responses.vary_dropped,
    ),
    Fault(
        "sid_reuse",
        "FC9",
        "pallets-eco/flask-session#76",
        "A session id that the store does not know becomes the id of the new session.",
        sessions.sid_reuse,
    ),
    Fault(
        "server_session_lost_update",
        "FC9",
        "pallets-eco/flask-session#71",
        "The whole session is written back as it was read, so the last of two writers wins.",
        sessions.server_session_lost_update,
    ),
    Fault(
        "session_default_shared",
        "FC9",
        "a shared mutable default; compare pallets/flask#4148",
        "Every caller without a session is given the same empty one, which the first one fills.",
        sessions.session_default_shared,
    ),
    Fault(
        "module_response",
        "FC10",
        "bottlepy/bottle#910",
        "One response object, made at import, is changed for each request.",
        responses.module_response,
    ),
    Fault(
        "fork_seed",
        "FC11",
        "benoitc/gunicorn#171, googleapis/python-firestore#388",
        "A random generator is seeded before the workers are forked, so all draw the same ids.",
        workers.fork_seed,
    ),
    Fault(
        "worker_local_state",
        "FC11",
        "unbit/uwsgi#2060",
        "A value is kept in the worker that served the write, and no other finds it.",
        workers.worker_local_state,
    ),
    Fault(
        "lazy_init_flag_first",
        "FC11",
        "plotly/dash#3971",
        "The flag that guards a first use is set before the work it guards, so a burst right after"
        " the start finds nothing.",
        workers.lazy_init_flag_first,
    ),
)

#: By id, in the order of their classes.
FAULTS: dict[str, Fault] = {fault.id: fault for fault in _ROWS}
