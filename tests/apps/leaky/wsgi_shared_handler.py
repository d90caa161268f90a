"""Plain WSGI: one handler object for all requests, which keeps the query on itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs


class Search:
    def __init__(self) -> None:
        self.query = ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.read(environ)
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [self.render()]

    def read(self, environ: dict[str, Any]) -> None:
        self.query = parse_qs(environ["QUERY_STRING"]).get("q", [""])[0]

    def render(self) -> bytes:
        return f"<p>You searched for <b>{self.query}</b></p>".encode()


app = Search()
