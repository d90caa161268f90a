"""Nothing a target sent is shown unless it is on a list."""

from __future__ import annotations

import pytest

from harness.history.scenarios import Scenario
from harness.load.http import Response
from harness.load.redaction import (
    TEXT_CHARACTERS_MAX,
    describe_request,
    describe_response,
    redact_body,
    redact_header,
)
from harness.workload.operation import Operation

CANARY = "1000000300000007"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", "body of 0 bytes with no canary"),
        (b"my password", "body of 11 bytes with no canary"),
        (f'{{"path": "{CANARY}", "s": "hunter2"}}'.encode(), f"body of 44 bytes with {CANARY}"),
        (f"{CANARY}.{CANARY}".encode(), f"body of 33 bytes with {CANARY} .. {CANARY}"),
        # Longer digits are no canary: they may be half of a session's id.
        (b"a" + CANARY.encode(), "body of 17 bytes with no canary"),
        (CANARY.encode() * 2, "body of 32 bytes with no canary"),
        (b"f000000300000007", "body of 16 bytes with no canary"),
        (b"\xff\x00", "body of 2 bytes with no canary"),
    ],
)
def test_of_a_body_only_canaries_are_shown(body: bytes, shown: str) -> None:
    assert redact_body(body) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("content-type", "text/html; charset=utf-8", "content-type: text/html; charset=utf-8"),
        ("set-cookie", "session=abc", "set-cookie: [redacted]"),
        ("cookie", "session=abc", "cookie: [redacted]"),
        ("authorization", "Basic abc", "authorization: [redacted]"),
        ("x-anything", "abc", "x-anything: [redacted]"),
        ("server", "x" * 81, "server: [redacted]"),
        ("server", "<script>", "server: [redacted]"),
        ("server", "a\x1b[2J", "server: [redacted]"),
        ("a<b>", "abc", "[redacted]"),
        ("n" * 41, "abc", "[redacted]"),
    ],
)
def test_of_headers_only_harmless_values_are_shown(name: str, value: str, shown: str) -> None:
    assert redact_header(name, value) == shown


def test_a_response_is_one_bounded_line() -> None:
    headers = (("content-type", "text/html"), ("set-cookie", "session=secret")) + (("vary", "x" * 70),) * 50
    body = b" ".join([CANARY.encode()] * 100)
    text = describe_response(Response(500, headers, body, keeps_alive=True, size=9))
    assert text.startswith(f"status 500; body of {len(body)} bytes with {CANARY} .. ")
    assert "and 88 more; content-type: text/html; set-cookie: [redacted]; vary: xxx" in text
    assert "secret" not in text
    assert "\n" not in text
    assert len(text) <= TEXT_CHARACTERS_MAX


def test_of_a_request_no_session_cookie_is_shown() -> None:
    operation = Operation(
        Scenario.SESSION_READ,
        int(CANARY, 16),
        "GET",
        f"/session?canary={CANARY}",
        session=0x2000000300000001,
        sends_session=True,
        cookies=(("canary", CANARY), ("other", "hunter2")),
        headers=(("X-Secret", "hunter2"),),
        body=b"hunter2",
    )
    said = describe_request(operation)
    assert said == (
        f"GET /session?canary={CANARY}; X-Canary: {CANARY}; also X-Secret; cookies canary={CANARY}, other, "
        "session=[redacted] (session 2000000300000001); body of 7 bytes with no canary"
    )
