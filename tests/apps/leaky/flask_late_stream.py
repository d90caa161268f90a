"""Flask: what a stream is about is looked up when it is read, in a module's global."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Response

app = Flask(__name__)
_export: dict[str, str] = {"owner": "nobody"}


def lines() -> Iterator[str]:
    for number in range(3):
        yield line(number)


def line(number: int) -> str:
    return f"{number},{_export['owner']}\n"


@app.get("/export/<owner>.csv")
def export(owner: str) -> Response:
    _export["owner"] = owner
    return Response(lines(), content_type="text/csv")


@app.get("/size/<int:rows>")
def size(rows: int) -> str:
    return f"{rows} rows"
