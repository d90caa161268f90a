from __future__ import annotations

import pytest

from harness.report.redact import redact, redact_command

SECRETS = {
    "Cookie: a=1; session=hunter2": "Cookie: [redacted]",
    "set-cookie: session=hunter2; Path=/; HttpOnly": "set-cookie: [redacted]",
    "AUTHORIZATION: Basic aHVudGVyMg==": "AUTHORIZATION: [redacted]",
    "Authorization=Bearer hunter2": "Authorization=[redacted]",
    "{'Cookie': 'session=hunter2', 'a': 'b'}": "{'Cookie': '[redacted]",
    "GET / HTTP/1.1\r\nCookie: x=hunter2\r\nHost: here": "GET / HTTP/1.1\r\nCookie: [redacted]\r\nHost: here",
    "Proxy-Authorization : hunter2": "Proxy-Authorization : [redacted]",
    "cookie: [redacted]x hunter2": "cookie: [redacted]",
}

HARMLESS = [
    "status 200; body of 310 bytes with 1000000700000009; set-cookie: [redacted]; vary: Cookie; server: x",
    "Vary: Cookie",
    "the cookie is mine",
    "cookies: none",
    "",
]


@pytest.mark.parametrize(("text", "shown"), SECRETS.items())
def test_values_of_sensitive_headers_are_replaced(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert "hunter2" not in redact(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_names_no_secret_is_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (["--header", "Cookie: session=hunter2"], ["--header", "Cookie: [redacted]"]),
        (
            ["--header=Host: a.b | X-Auth-Token:hunter2 | X-B: c:d", "--seed", "1"],
            ["--header=Host: a.b | X-Auth-Token: [redacted] | X-B: c:d", "--seed", "1"],
        ),
        (["--header=authorization: Bearer hunter2"], ["--header=authorization: [redacted]"]),
    ],
)
def test_a_command_is_kept_without_its_secrets(typed: list[str], kept: list[str]) -> None:
    assert redact_command(typed) == kept
    assert redact_command(kept) == kept


@pytest.mark.parametrize("typed", [["run", "--app=token.app:key"], ["--header", "Host: x"], ["--header"], []])
def test_a_command_without_secrets_is_kept_as_it_is(typed: list[str]) -> None:
    assert redact_command(typed) == typed
