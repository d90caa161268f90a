"""What may be kept of a response for people to read: canaries, sizes and harmless headers.

The rule this file guards: nothing a target sent is shown unless it is on a list here. Header
values are shown by name, body text only where it is a canary; Cookie, Set-Cookie, Authorization
and everything unknown is replaced. The text of an exception is never shown.
"""

from __future__ import annotations

import re

from harness.history.canary import HEADER, CanaryKind, to_text
from harness.workload.operation import SESSION_COOKIES, Operation

from .http import Response

TEXT_CHARACTERS_MAX = 600
#: Headers whose values say nothing about a caller.
SHOWN_HEADERS = frozenset(
    {
        "allow",
        "connection",
        "content-length",
        "content-type",
        "date",
        "server",
        "transfer-encoding",
        "vary",
        "x-canary-echo",
        "x-canary-g",
        "x-canary-g-found",
    }
)
REDACTED = "[redacted]"
_SHOWN_VALUE = re.compile(r"[A-Za-z0-9 ,;:=*/+.()_-]{0,80}", re.ASCII)
_KINDS = "".join(str(int(kind)) for kind in CanaryKind)
_CANARY = re.compile(rf"(?<![0-9a-zA-Z])[{_KINDS}][0-9a-f]{{15}}(?![0-9a-zA-Z])", re.ASCII)


def redact_body(body: bytes) -> str:
    """Return a body's length and its canaries, in order, with everything between them left out."""
    canaries = _CANARY.findall(body.decode("latin-1"))
    shown = " .. ".join(canaries[:12]) or "no canary"
    more = f" and {len(canaries) - 12} more" if len(canaries) > 12 else ""
    return f"body of {len(body)} bytes with {shown}{more}"


def redact_header(name: str, value: str) -> str:
    """Return a header as it may be shown; names that are no header names are left out too."""
    if not re.fullmatch(r"[a-z0-9-]{1,40}", name):
        return REDACTED
    shown = name in SHOWN_HEADERS and _SHOWN_VALUE.fullmatch(value)
    return f"{name}: {value}" if shown else f"{name}: {REDACTED}"


def describe_response(response: Response) -> str:
    """Return one line of at most :data:`TEXT_CHARACTERS_MAX` characters about a response."""
    headers = "; ".join(redact_header(name, value) for name, value in response.headers)
    body = redact_body(response.body)
    room = TEXT_CHARACTERS_MAX - len(body) - 20
    if len(headers) > room:
        headers = headers[:room] + "..."
    return f"status {response.status}; {body}; {headers}"


def describe_request(operation: Operation) -> str:
    """Return one line of at most :data:`TEXT_CHARACTERS_MAX` characters about what was sent.

    The canaries that a caller carries in stay; what identifies a session to the target does not.
    """
    names = [name for name, _ in operation.headers if name.lower() != HEADER.lower()]
    cookies = [f"{name}={value}" if _CANARY.fullmatch(value) else name for name, value in operation.cookies]
    if operation.sends_session and operation.session:
        cookies.append(
            f"{SESSION_COOKIES[operation.store]}={REDACTED} (session {to_text(operation.session)})"
        )
    parts = [f"{operation.method} {operation.path}", f"{HEADER}: {to_text(operation.canary)}"]
    if names:
        parts.append(f"also {', '.join(names)}")
    if cookies:
        parts.append(f"cookies {', '.join(cookies)}")
    if operation.body:
        parts.append(redact_body(operation.body))
    return "; ".join(parts)[:TEXT_CHARACTERS_MAX]
