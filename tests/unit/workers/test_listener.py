"""The listener is bound before the target starts, with the options its servers need."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from harness.workers.failure import TargetError
from harness.workers.listener import bind_listener, is_loopback, reachable_address


def test_a_listener_on_a_port_the_system_picks() -> None:
    with closing(bind_listener()) as one, closing(bind_listener()) as other:
        assert reachable_address(one)[0] == "127.0.0.1"
        assert reachable_address(one)[1] != reachable_address(other)[1]
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1


def test_accepted_connections_have_no_delay() -> None:
    with (
        closing(bind_listener()) as listener,
        closing(socket.create_connection(listener.getsockname())),
        closing(listener.accept()[0]) as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_connections_wait_before_anybody_accepts() -> None:
    with closing(bind_listener()) as listener:
        waiting = [socket.create_connection(listener.getsockname(), timeout=5) for _ in range(100)]
        for connection in waiting:
            connection.close()


def test_a_port_in_use_says_so() -> None:
    says = "it is in use: stop what listens there, or choose another --port"
    with closing(bind_listener()) as first, pytest.raises(TargetError, match=says):
        bind_listener(port=first.getsockname()[1])


@pytest.mark.parametrize(
    ("address", "port", "says"),
    [
        ("203.0.113.7", 0, "this machine has no such address: choose another --bind"),
        ("no such host.invalid", 0, "it is no address of this machine"),
        ("127.0.0.1", 70000, "ports go from 0 to 65535"),
        ("127.0.0.1", -1, "ports go from 0 to 65535"),
    ],
)
def test_what_cannot_be_bound_says_why(address: str, port: int, says: str) -> None:
    with pytest.raises(TargetError, match=says) as caught:
        bind_listener(address, port)
    assert "\n" not in str(caught.value)


def test_every_interface_is_reached_over_loopback() -> None:
    with closing(bind_listener("0.0.0.0")) as listener:
        host, port = reachable_address(listener)
        assert host == "127.0.0.1"
        socket.create_connection((host, port), timeout=5).close()


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        *[(address, True) for address in ("127.0.0.1", "127.0.0.2", "::1", "localhost")],
        *[(address, False) for address in ("0.0.0.0", "::", "192.0.2.1", "example.org")],
    ],
)
def test_what_is_loopback(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback
