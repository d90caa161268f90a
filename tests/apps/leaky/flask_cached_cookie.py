"""Flask: middleware keeps whole responses by their path, and with them the cookie that was set for one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from flask import Flask, request, session

site = Flask(__name__)
site.secret_key = "a test's own key, of nobody else"
_SECONDS = 0.2
_PAGES_MAX = 20


@site.get("/welcome")
def welcome() -> str:
    if "visitor" not in session:
        session["visitor"] = request.args.get("canary", "")
    return "welcome"


@site.get("/news")
def news() -> str:
    return "nothing new"


class PageCache:
    def __init__(self, wsgi: Any) -> None:
        self._wsgi = wsgi
        self._pages: dict[str, tuple[float, str, list[tuple[str, str]], list[bytes]]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        key = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        page = self._pages.get(key)
        if len(self._pages) > _PAGES_MAX:
            self._pages.clear()
        if page is None or time.monotonic() - page[0] > _SECONDS:
            page = self._pages[key] = self._render(environ)
        _, status, headers, body = page
        start_response(status, headers)
        return body

    def _render(self, environ: dict[str, Any]) -> tuple[float, str, list[tuple[str, str]], list[bytes]]:
        started: list[Any] = []
        body = self._wsgi(environ, lambda *start: started.append(start))
        try:
            return (time.monotonic(), started[0][0], started[0][1], list(body))
        finally:
            body.close()


site.wsgi_app = PageCache(site.wsgi_app)  # type: ignore[method-assign]


def create_app() -> Flask:
    return site
