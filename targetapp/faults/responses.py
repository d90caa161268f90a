"""Responses that are shared, or that a cache may share."""

from __future__ import annotations

from typing import Any

from targetapp.framework import App, Response
from targetapp.probes import look
from targetapp.probes.stores import COOKIE_NAME, SERVER_COOKIE_NAME, SessionsByPath

from .fault import Fault

#: Others must get a chance to come in between.
PAUSE_S = 0.001
_SESSION_COOKIES = (f"{COOKIE_NAME}=", f"{SERVER_COOKIE_NAME}=")


def module_response(app: App) -> None:
    """Answer every echo with one response object, changed for each request."""
    shared = Response()

    def through(view: Any) -> Any:
        def answer(**arguments: Any) -> Response:
            made = view(**arguments)
            shared.headers.clear()
            shared.headers.extend(made.headers)
            shared.set_data(made.get_data())
            look.sleep(PAUSE_S)
            return shared

        return answer

    for endpoint in ("echo", "server_echo"):
        app.view_functions[endpoint] = through(app.view_functions[endpoint])


def vary_dropped(app: App) -> None:
    """Say ``Vary: Cookie`` only on responses that set the cookie."""
    inner = app.session_interface
    if not isinstance(inner, SessionsByPath):
        raise TypeError("vary_dropped needs the probes' own session interface")

    class Unvaried(SessionsByPath):
        """Sessions whose responses a shared cache takes for everybody's."""

        def save_session(self, app: Any, session: Any, response: Response) -> None:
            super().save_session(app, session, response)
            if not any(
                cookie.startswith(_SESSION_COOKIES) for cookie in response.headers.getlist("Set-Cookie")
            ):
                response.vary.discard("Cookie")

    app.session_interface = Unvaried(inner.cookie, inner.server)


FAULTS = (
    Fault(
        "vary_dropped",
        "FC9",
        "CVE-2023-30861, CVE-2026-27205",
        "A response that depends on the session says so only if it sets the cookie.",
        vary_dropped,
    ),
    Fault(
        "module_response",
        "FC10",
        "bottlepy/bottle#910",
        "One response object, made at import, is changed for each request.",
        module_response,
    ),
)
