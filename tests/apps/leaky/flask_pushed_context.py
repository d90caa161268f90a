"""Flask: middleware pushes an app context so that g is there for it, and nobody pops it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, g, has_app_context, request

app = Flask(__name__)


class Tenants:
    def __init__(self, wsgi: Any) -> None:
        self._wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not has_app_context():
            app.app_context().push()
        body: Iterable[bytes] = self._wsgi(environ, start_response)
        return body


app.wsgi_app = Tenants(app.wsgi_app)  # type: ignore[method-assign]


def current_tenant() -> str:
    if "tenant" not in g:
        g.tenant = request.args.get("canary", "none")
    return str(g.tenant)


@app.get("/tenant")
def tenant() -> str:
    return f"tenant {current_tenant()}"


@app.get("/item/<int:number>")
def item(number: int) -> str:
    return f"item {number}"
