"""What a client sees when an exception leaves the app: each kind, at each place, on each server."""

from __future__ import annotations

import http.client

import pytest

from harness.history.canary import HEADER, WRAPPER_HEADER
from harness.workers.running import RunningTarget

OP = "1000000000000001"
KINDS = ("error", "base", "exit", "interrupt", "greenlet")
CHUNK = b"x" * 1000


def ask(
    target: RunningTarget, path: str, connection: http.client.HTTPConnection | None = None
) -> tuple[int, bytes]:
    """Return status and whole body.

    :raises http.client.HTTPException: or an OSError, if the answer is not complete.
    """
    own = connection or http.client.HTTPConnection(*target.address, timeout=20)
    try:
        own.request("GET", path, headers={WRAPPER_HEADER: f"{OP}.{0:016x}.02"})
        response = own.getresponse()
        body = response.read()
        if response.status == 500:
            assert response.getheader(HEADER) == OP
        return response.status, body
    finally:
        if connection is None:
            own.close()


@pytest.mark.parametrize("length", ["sized", "streamed"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["before", "after", "first"])
def test_what_leaves_before_the_body_is_answered_with_500(
    failing: RunningTarget, where: str, kind: str, length: str
) -> None:
    status, body = ask(failing, f"/{where}/{kind}/{length}")
    assert status == 500
    assert body.startswith(b"500: ")


@pytest.mark.parametrize("length", ["sized", "streamed"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["middle", "written"])
def test_a_body_that_has_begun_is_seen_to_be_incomplete(
    failing: RunningTarget, where: str, kind: str, length: str
) -> None:
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask(failing, f"/{where}/{kind}/{length}")


@pytest.mark.parametrize("length", ["sized", "streamed"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_close_raises_leaves_the_complete_body_alone(
    failing: RunningTarget, kind: str, length: str
) -> None:
    assert ask(failing, f"/close/{kind}/{length}") == (200, CHUNK * 4)


def test_an_app_that_does_not_fail_is_left_alone(failing: RunningTarget) -> None:
    assert ask(failing, "/nowhere/error/sized") == (200, CHUNK * 4)
    assert ask(failing, "/nowhere/error/streamed") == (200, CHUNK * 4)


def test_the_server_survives_it_all_in_the_same_process(failing: RunningTarget) -> None:
    before = failing.announcement
    assert before is not None
    connection = http.client.HTTPConnection(*failing.address, timeout=20)
    try:
        for kind in KINDS:
            assert ask(failing, f"/after/{kind}/sized", connection)[0] == 500
            assert ask(failing, "/nowhere/error/sized", connection) == (200, CHUNK * 4)
    finally:
        connection.close()
