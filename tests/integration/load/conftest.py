"""Fixtures of the client's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.integration.load.peers import Peer, Rows, Script


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def peer() -> Iterator[Callable[..., Peer]]:
    peers: list[Peer] = []

    def start(*scripts: Script) -> Peer:
        peers.append(Peer(scripts))
        return peers[-1]

    yield start
    for one in peers:
        one.close()
