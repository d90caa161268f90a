"""The probes' application: the table of its routes, and the factory."""

from __future__ import annotations

import atexit
import os
import secrets
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from targetapp.framework import App
from targetapp.framework.request_context import RequestContext

from . import backend, callbacks, echo, errors, ids, jobs, nested, pages, sessions, streams, unread, values
from .stores import SERVER_PREFIX, CookieSessions, ServerSessions, SessionsByPath

#: The key under which the workers share what signs their cookies; no URL leads to it.
SIGNING_KEY = "/signing-key"


class Route(NamedTuple):
    """One URL, its endpoint, its view, and the methods the view answers."""

    rule: str
    endpoint: str
    view: Callable[..., Any]
    methods: tuple[str, ...] = ("GET",)


#: Each exists twice: as it stands with the session in a cookie, below /server/ with it on the server.
ROUTES = (
    Route("/echo/<canary>", "echo", echo.echo, ("GET", "POST")),
    Route("/session/login", "login", sessions.login, ("POST",)),
    Route("/session/append", "append", sessions.append, ("POST",)),
    Route("/session/read", "read", sessions.read),
    Route("/ids", "ids", ids.issue),
    Route("/values/<key>", "put", values.put, ("PUT",)),
    Route("/values/<key>", "get", values.get),
    Route("/nested/<canary>", "nested", nested.nested),
    Route("/handled-error/<canary>", "handled_error", errors.raise_handled),
    Route("/unhandled-error/<canary>", "unhandled_error", errors.raise_unhandled),
    Route("/abort/<canary>", "abort", errors.refuse),
    Route("/teardown-error/<canary>", errors.TEARDOWN_ENDPOINT, errors.teardown_error),
    Route("/base-exception/<canary>/<which>", "base_exception", errors.raise_base_exception),
    Route("/stream/<canary>", "stream", streams.stream),
    Route("/unread/<canary>", "unread", unread.unread, ("POST",)),
    Route("/backend/<canary>", "backend", backend.ask),
    Route("/backend/<canary>/cancel", "backend_cancel", backend.cancel),
    Route("/page/<int:number>", "page", pages.page),
    Route("/failing-session/<canary>", "failing_session", errors.never_reached),
    Route("/job/<canary>", "job", jobs.job),
)


class ProbesApp(App):
    """An app whose log keeps an error that was asked for to one line."""

    def log_exception(self, ctx: RequestContext, error: Exception) -> None:
        """Log an unhandled error; thousands of expected tracebacks would bury the one that matters."""
        if isinstance(error, errors.ProbeError):
            self.logger.info("%s, as asked for: %s", type(error).__name__, error)
        else:
            super().log_exception(ctx, error)


def create_app(
    faults: Sequence[str] = (), session_db: str | None = None, *, reuse_app_context: bool = False
) -> App:
    """Return the application, with *faults* switched on.

    :param faults: ids of ``targetapp.faults.FAULTS``.
    :param session_db: SQLite file for sessions and values, shared by all workers; a new temporary
        one if None or '', which only workers forked from this process share.
    :param reuse_app_context: whether a request reuses an app context that is active on its worker, as in
        Flask up to 3.1, instead of making its own.
    :raises targetapp.faults.UnknownFaultError: for an id that is none.
    """
    from targetapp.faults import activate, find_faults  # faults change probes, so they import them

    chosen = find_faults(faults)
    app = ProbesApp(__name__, static_folder="static")
    app.config["REUSE_APP_CONTEXT"] = reuse_app_context
    path = session_db or _temporary_file()
    store = values.SharedValues(path)
    # One key for all workers of this file, also for those that were not forked from one process.
    app.secret_key = store.setdefault(SIGNING_KEY, secrets.token_hex(32))
    app.session_interface = SessionsByPath(CookieSessions(), ServerSessions(path))
    app.extensions["values"] = store
    app.extensions["new_id"] = ids.new_id
    app.extensions[backend.EXTENSION] = backend.Client()
    app.extensions[jobs.EXTENSION] = jobs.Jobs()
    _register(app)
    activate(app, chosen)
    return app


def _register(app: App) -> None:
    app.before_request(callbacks.mark_g)
    app.after_request(callbacks.echo_headers)
    app.teardown_request(errors.raise_in_teardown)
    app.register_error_handler(errors.HandledError, errors.handle)
    for prefix, name in (("", ""), (SERVER_PREFIX, "server_")):
        for route in ROUTES:
            app.add_url_rule(
                prefix + route.rule,
                endpoint=name + route.endpoint,
                view_func=route.view,
                methods=list(route.methods),
            )
    app.add_url_rule(
        f"{SERVER_PREFIX}/static/<path:filename>", endpoint="server_static", view_func=app.send_static_file
    )


def _temporary_file() -> str:
    """Return a new file that goes when this process does; forked workers leave it alone."""
    handle, path = tempfile.mkstemp(prefix="probes-", suffix=".sqlite3")
    os.close(handle)
    creator = os.getpid()

    def remove() -> None:
        if os.getpid() == creator:
            for suffix in ("", "-wal", "-shm"):  # what SQLite keeps beside it while a connection is open
                Path(path + suffix).unlink(missing_ok=True)

    atexit.register(remove)
    return path
