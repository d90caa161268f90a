"""Responses that are shared, or that a cache may share."""

from __future__ import annotations

from typing import Any

from targetapp.framework import App, Response, request
from targetapp.framework.sessions import TrackedSession
from targetapp.probes import look
from targetapp.probes.stores import COOKIE_NAME, SERVER_COOKIE_NAME, SessionsByPath

from .fault import Fault
from .switching import replace

#: Others must get a chance to come in between.
PAUSE_S = 0.001
#: How many responses carry a cookie that was not theirs.
KEPT_COOKIES = 8
#: How often a page is given away until it is made anew.
CACHED_FOR = 16
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


def cookies_kept(app: App) -> None:
    """Collect the cookies of responses in a list that is made once."""

    def collect(response: Response, kept: list[str] = []) -> Response:  # noqa: B006 - that is the fault
        own = response.headers.getlist("Set-Cookie")
        response.headers.setlist("Set-Cookie", [*kept, *own])
        kept.extend(own)
        del kept[:-KEPT_COOKIES]
        return response

    # First in the list runs last: after the probes' own.
    app.after_request_funcs[None].insert(0, collect)


def view_cached_by_path(app: App) -> None:
    """Keep what a view answered for the next callers of the same path."""
    pages: dict[str, list[bytes]] = {}

    def cached(view: Any) -> Any:
        def answer(**arguments: Any) -> Response:
            copies = pages.setdefault(request.path, [])
            try:
                return Response(copies.pop(), mimetype="application/json")
            except IndexError:
                made: Response = view(**arguments)
                copies.extend([made.get_data()] * CACHED_FOR)
                return made

        return answer

    for endpoint in ("page", "server_page"):
        app.view_functions[endpoint] = cached(app.view_functions[endpoint])


def _interface(app: App) -> SessionsByPath:
    inner = app.session_interface
    if not isinstance(inner, SessionsByPath):
        raise TypeError("this fault needs the probes' own session interface")
    return inner


def contains_unaccessed(_app: App) -> None:
    """Do not note that the session was read if it was only asked whether it holds a key."""
    replace(TrackedSession, "__contains__", dict.__contains__)


def static_cookie(app: App) -> None:
    """Refresh the session with every response, also with a static file that anybody may keep."""
    inner = _interface(app)

    class Refreshing(SessionsByPath):
        """Sessions that are refreshed where nobody looked at them."""

        def save_session(self, app: Any, session: Any, response: Response) -> None:
            if (request.endpoint or "").endswith("static") and dict.__len__(session):
                response.cache_control.public = True
                session.modified = True
            super().save_session(app, session, response)

    app.session_interface = Refreshing(inner.cookie, inner.server)


def vary_dropped(app: App) -> None:
    """Say ``Vary: Cookie`` only on responses that set the cookie."""
    inner = _interface(app)

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
        "CVE-2023-30861",
        "A response that depends on the session says so only if it sets the cookie.",
        vary_dropped,
    ),
    Fault(
        "contains_unaccessed",
        "FC9",
        "CVE-2026-27205",
        "A view that only asks whether the session holds a key is taken not to depend on it.",
        contains_unaccessed,
    ),
    Fault(
        "static_cookie",
        "FC9",
        "PennyDreadfulMTG/Penny-Dreadful-Tools#6615",
        "The session cookie is refreshed on a static file, which caches keep for everybody.",
        static_cookie,
    ),
    Fault(
        "view_cached_by_path",
        "FC9",
        "pallets-eco/flask-caching#111, neurosynth/neurosynth-web#76",
        "The answers of a view are cached by path, and whoever asks next gets the page of who asked first.",
        view_cached_by_path,
    ),
    Fault(
        "module_response",
        "FC10",
        "bottlepy/bottle#910",
        "One response object, made at import, is changed for each request.",
        module_response,
    ),
    Fault(
        "cookies_kept",
        "FC10",
        "bottlepy/bottle#910",
        "The list of a response's cookies is a mutable default, so a response also sets those of the ones"
        " before it.",
        cookies_kept,
    ),
)
