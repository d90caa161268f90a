"""Headers without what a clock puts into them: dates, and the time in a session cookie.

A session cookie is read with Flask's own serializer, whichever framework wrote it: what one
signs the other must be able to read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, TimestampSigner
from werkzeug.http import parse_date, parse_options_header

#: Seconds between making a cookie and looking at it that count as none.
TOLERANCE_S = 60


def signer(key: str) -> Any:
    """Return Flask's own serializer for session cookies."""
    app = Flask("cookies")
    app.secret_key = key
    return SecureCookieSessionInterface().get_signing_serializer(app)


class _LongAgo(TimestampSigner):
    """Signs as of the year 2001."""

    def get_timestamp(self) -> int:
        return 1_000_000_000


def made_cookie(kind: str) -> str:
    """Return a cookie value that no response set: ``forged``, ``old key`` or ``expired``."""
    content = {"a": kind}
    if kind == "forged":
        return f"{signer('key').dumps(content)}x"
    serializer = signer("old key" if kind == "old key" else "key")
    if kind == "expired":
        serializer.signer = _LongAgo
    return str(serializer.dumps(content))


def normalised(
    headers: Iterable[tuple[str, str]], lifetime: timedelta, name: str
) -> tuple[tuple[str, str], ...]:
    """Return *headers* in order of their names, cookies taken apart, dates replaced.

    :param lifetime: of permanent sessions; an ``Expires`` that is this far away says so.
    :param name: the session cookie's.
    """
    found = []
    for header, value in headers:
        if header == "Date":
            continue
        shown = value
        if header == "Set-Cookie":
            shown = _cookie(value, lifetime, name)
        elif header == "Vary":
            shown = ", ".join(sorted(part.strip() for part in value.split(",")))
        found.append((header, shown))
    return tuple(sorted(found, key=lambda pair: pair[0]))


def _cookie(value: str, lifetime: timedelta, name: str) -> str:
    pair, _, rest = value.partition(";")
    key, _, content = pair.partition("=")
    if key == name and content:
        content = _content(content)
    attributes = []
    for attribute in rest.split(";"):
        label, _, date = attribute.strip().partition("=")
        attributes.append(f"Expires={_expiry(date, lifetime)}" if label == "Expires" else attribute.strip())
    return "; ".join([f"{key}={content}", *sorted(attributes)])


def _content(signed: str) -> str:
    """Return what a session cookie holds, and the very text that was signed."""
    try:
        content = signer("key").loads(signed)
    except BadSignature:
        return "not signed with the app's key"
    text = signed.rsplit(".", 2)[0]
    return f"{content!r} as {text}"


def _expiry(date: str, lifetime: timedelta) -> str:
    expires = parse_date(date)
    if expires is None or expires.year == 1970:
        return date
    away_s = (expires - datetime.fromtimestamp(time.time(), UTC)).total_seconds()
    return f"in {lifetime}" if abs(away_s - lifetime.total_seconds()) < TOLERANCE_S else date


def session_cookie(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the session cookie that *headers* set: a value, ``""`` if it is removed, None if neither."""
    for header, value in headers:
        if header == "Set-Cookie":
            pair, attributes = parse_options_header(value)
            key, _, content = pair.partition("=")
            if key == name:
                removed = attributes.get("expires", "").startswith("Thu, 01 Jan 1970")
                return "" if removed else content
    return None
