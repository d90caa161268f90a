from __future__ import annotations

import pytest

from harness.report.redact import redact

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
