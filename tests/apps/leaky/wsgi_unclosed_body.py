"""Plain WSGI: middleware passes a body on and drops its close(), by which each download is signed off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs

_downloads: dict[int, str] = {}


class Download:
    def __init__(self, number: int, name: str) -> None:
        self._number = number
        _downloads[number] = name

    def __iter__(self) -> Iterator[bytes]:
        yield b"a file"

    def close(self) -> None:
        del _downloads[self._number]


class Files:
    def __init__(self) -> None:
        self._number = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self._number += 1
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return Download(self._number, parse_qs(environ["QUERY_STRING"]).get("file", [""])[0])


def count_bytes(wsgi: Any) -> Any:
    def counting(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        for chunk in wsgi(environ, start_response):
            note(len(chunk))
            yield chunk

    return counting


def note(size: int) -> None:
    _sizes[:] = [*_sizes[-9:], size]


_sizes: list[int] = []
app = count_bytes(Files())
