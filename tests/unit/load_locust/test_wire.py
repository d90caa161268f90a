from __future__ import annotations

import importlib
from typing import Any

import pytest

from harness.load.locust.wire import (
    TO_MASTER,
    TO_WORKER,
    Ack,
    Chunk,
    Claim,
    Done,
    End,
    Fault,
    Finish,
    Grant,
    Hello,
    LoadPlan,
    Name,
    Named,
    name_of,
    read,
    write,
)
from harness.records import RecordError

msgpack: Any = importlib.import_module("msgpack")
MESSAGES: tuple[Any, ...] = (
    Hello(1),
    LoadPlan("run", "127.0.0.1", 80, 3, 7, True, ("echo",), True, 10.0, 10.0, 64),
    Claim("run", 5, True),
    Grant("run", 3),
    Name("run", "a route"),
    Named("run", "a route", 7),
    Chunk("run", "journal", 0, b"\x00\xff"),
    Ack("run", "journal", 2),
    Finish("run"),
    End("run", b"page", 4, 0),
    Done("run"),
    Fault("run", "it broke"),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_a_message_survives_the_way(message: Any) -> None:
    packed = msgpack.loads(msgpack.dumps(write(message)), raw=False, strict_map_key=False)
    assert read(type(message), packed) == message


def test_every_message_has_a_name_of_its_own() -> None:
    kinds = (*TO_MASTER, *TO_WORKER)
    assert {type(message) for message in MESSAGES} == set(kinds)
    assert len({name_of(kind) for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {},
        {"run": "run"},
        {"run": "run", "stream": "journal", "offset": "0", "data": b""},
        {"run": "run", "stream": "journal", "offset": 0, "data": "text"},
        {"run": "run", "stream": "journal", "offset": True, "data": b""},
        {"run": 3, "stream": "journal", "offset": 0, "data": b""},
    ],
)
def test_what_is_no_message_is_refused(data: object) -> None:
    with pytest.raises(RecordError):
        read(Chunk, data)
