"""A second look at what came back, before a report shows it.

The client has redacted it already, before it was written; but a spool may come from another host, and
a run's folder from anywhere. The rule: the value of a header that identifies a person is replaced to the
end of its line, whoever wrote the line. What is redacted already is left as it is.
"""

from __future__ import annotations

import re

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


def redact(text: str) -> str:
    """Return *text* with the values of sensitive headers replaced, to the end of their lines."""
    return _VALUE.sub(rf"\1\2{REDACTED}", text)
