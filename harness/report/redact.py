"""A second look at what came back, before a report shows it.

The client has redacted it already, before it was written; but a spool may come from another host, and
a run's folder from anywhere. The rule: the value of a header that identifies a person is replaced to the
end of its line, whoever wrote the line. What is redacted already is left as it is.

A command as it was typed may hold such values as well, in ``--header``: it is redacted before it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Headers whose value is never shown.
SENSITIVE = ("authorization", "proxy-authorization", "set-cookie", "cookie", "x-api-key", "x-csrftoken")

REDACTED = "[redacted]"

_VALUE = re.compile(
    rf"(?i)\b({'|'.join(SENSITIVE)})"  # a header's name, in a line or in the repr of a mapping
    r"(['\"]?\s{0,8}[:=][\s'\"]{0,8}+)"
    rf"(?!{re.escape(REDACTED)}(?:;|$))"
    r"[^\r\n]+",
    re.MULTILINE,
)


#: Whoever gives a header by --header may call it anything; these say that it is a secret.
_SECRET = re.compile(r"(?i)auth|cookie|token|key|secret|session|csrf|xsrf|password|credential")
_HEADER_OPTION = "--header"
_BETWEEN_HEADERS = " | "


def is_secret(header: str) -> bool:
    """Return whether the header of that name identifies somebody, as far as its name says."""
    return _SECRET.search(header) is not None


def redact_command(command: Iterable[str]) -> list[str]:
    """Return a command line with the values of headers redacted that identify somebody."""
    words: list[str] = []
    for word in command:
        option, equals, value = word.partition("=")
        if words and words[-1] == _HEADER_OPTION:
            words.append(_redact_headers(word))
        elif option == _HEADER_OPTION and equals:
            words.append(f"{option}={_redact_headers(value)}")
        else:
            words.append(word)
    return words


def _redact_headers(text: str) -> str:
    headers = (one.partition(":") for one in text.split(_BETWEEN_HEADERS))
    return _BETWEEN_HEADERS.join(
        f"{name}: {REDACTED}" if colon and is_secret(name) else f"{name}{colon}{value}"
        for name, colon, value in headers
    )


def redact(text: str) -> str:
    """Return *text* with the values of sensitive headers replaced, to the end of their lines."""
    return _VALUE.sub(rf"\1\2{REDACTED}", text)
