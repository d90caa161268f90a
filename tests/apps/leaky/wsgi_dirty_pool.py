"""Plain WSGI: a pooled connection keeps the tenant of its last user; who chooses none gets that one's."""

from __future__ import annotations

import queue
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs


class Connection:
    def __init__(self) -> None:
        self.tenant = "public"

    def choose(self, tenant: str) -> None:
        self.tenant = tenant

    def query(self, table: str) -> str:
        return f"{table} of {self.tenant}"


_pool: queue.LifoQueue[Connection] = queue.LifoQueue()


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    try:
        connection = _pool.get_nowait()
    except queue.Empty:
        connection = Connection()
    try:
        tenant = parse_qs(environ["QUERY_STRING"]).get("tenant")
        if tenant:
            connection.choose(tenant[0])
        rows = connection.query("orders")
    finally:
        _pool.put(connection)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [rows.encode()]
