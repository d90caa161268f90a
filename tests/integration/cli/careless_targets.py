"""The probes with one thing shared wrongly, each as a target's factory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from targetapp.framework import App, Response, request
from targetapp.framework.globals import request_var
from targetapp.probes import backend, create_app, jobs


class _KeepingClient(backend.Client):
    """Puts a connection back although a reply is due on it."""

    def __init__(self) -> None:
        super().__init__()
        self.pool.drop = self.pool.give  # type: ignore[method-assign]


class _LeavingJobs(jobs.Jobs):
    """Leaves a copy of the request's context on the pool's thread."""

    def run(self, job: Callable[[], dict[str, str]]) -> dict[str, str]:
        left = request_var.get(None).copy()

        def leaving() -> dict[str, str]:
            result = job()
            left.push()
            return result

        return super().run(leaving)


def keeping_backend(session_db: str = "") -> App:
    """Return an app whose backend is one reply behind after a call was cancelled."""
    app = create_app(session_db=session_db)
    app.extensions[backend.EXTENSION] = _KeepingClient()
    return app


def page_without_vary(session_db: str = "") -> App:
    """Return an app whose page does not say that it depends on the cookie."""
    app = create_app(session_db=session_db)
    call = app.wsgi_app

    def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if "/page/" in environ["PATH_INFO"]:
                headers = [pair for pair in headers if pair[0] != "Vary"]
            return start_response(status, headers, *more)

        return call(environ, start)

    app.wsgi_app = wsgi_app  # type: ignore[method-assign]
    return app


def static_with_cookie(session_db: str = "") -> App:
    """Return an app that sets a session cookie with its static file."""
    app = create_app(session_db=session_db)

    def set_cookie(response: Response) -> Response:
        if "/static/" in request.path:
            response.set_cookie("session", "somebody's")
        return response

    app.after_request(set_cookie)
    return app


def leaving_jobs(session_db: str = "") -> App:
    """Return an app whose jobs leave a context behind."""
    app = create_app(session_db=session_db)
    app.extensions[jobs.EXTENSION] = _LeavingJobs()
    return app
