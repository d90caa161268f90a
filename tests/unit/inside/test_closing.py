"""A body that the server closes twice, or never, is told of; one that it closes once is not."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from harness.inside.locality import Here, Locality
from harness.inside.wrapper import Wrapper
from tests.unit.inside.miniature import crosstalk_header


class Recorder:
    """Notes what it is told of closing."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def enter(self, here: Here) -> None: ...

    def left(self, here: Here, error: BaseException) -> None: ...

    def returned(self, here: Here) -> None: ...

    def chunk(self, here: Here) -> None: ...

    def exit(self, here: Here) -> None:
        self.told.append("left")

    def closed_again(self, here: Here) -> None:
        self.told.append("closed again")

    def never_closed(self, here: Here) -> None:
        self.told.append("never closed")


class Source:
    """An app's iterable."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter((b"x",))

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(
    ("times", "told", "closed"),
    [(1, ["left"], 1), (2, ["left", "closed again"], 1), (0, ["never closed"], 0)],
)
def test_how_often_a_body_is_closed(times: int, told: list[str], closed: int) -> None:
    recorder, source = Recorder(), Source()

    def app(environ: dict[str, Any], start_response: Any) -> Source:
        start_response("200 OK", [])
        return source

    body: Any = Wrapper(app, Locality(), recorder, {})(
        {"PATH_INFO": "/", "HTTP_X_CROSSTALK": crosstalk_header()}, lambda status, headers: lambda data: None
    )
    assert list(body) == [b"x"]
    for _ in range(times):
        body.close()
    del body
    gc.collect()
    assert recorder.told == told
    assert source.closed == closed
