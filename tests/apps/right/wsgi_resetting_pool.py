"""Plain WSGI: pooled connections that forget their tenant as they are given back."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs


class Connection:
    def __init__(self) -> None:
        self.tenant = "public"

    def choose(self, tenant: str) -> None:
        self.tenant = tenant

    def query(self, table: str) -> str:
        return f"{table} of {self.tenant}"

    def reset(self) -> None:
        self.tenant = "public"


_pool: queue.LifoQueue[Connection] = queue.LifoQueue()


@contextmanager
def connected() -> Iterator[Connection]:
    try:
        connection = _pool.get_nowait()
    except queue.Empty:
        connection = Connection()
    try:
        yield connection
    finally:
        connection.reset()
        _pool.put(connection)


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    with connected() as connection:
        tenant = parse_qs(environ["QUERY_STRING"]).get("tenant")
        if tenant:
            connection.choose(tenant[0])
        rows = connection.query("orders")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [rows.encode()]
