"""Finds values that look as if they were made for one caller: session ids, CSRF values, request ids.

A *token* is a word of 16 and more letters, digits, ``-`` and ``_`` in which letters and digits mix
and few repeat. It is told with the *place* it was handed out at: the cookie's or header's name, or the word
before it in a body (a JSON key, a form field). A signed cookie is no token itself: its signature is as
random as can be even where its content is the same for everybody at one second, so what it holds is read
instead. Where several words of a body stand at one place (a list of entries), none of them was made for
the caller.

A token is told by 64 bits of its hash: no journal holds anybody's session id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

LENGTH_MIN, LENGTH_MAX = 16, 512
#: Of a word's characters, in bits each: hexadecimal digits come to 4, English to less than 3 in 16 letters.
ENTROPY_MIN = 2.8
#: Bytes of a body that are looked at, and tokens of one answer that are told of.
BODY_MAX, TOKENS_MAX = 1 << 18, 24
#: A compressed cookie says little; more would be a bomb.
UNPACKED_MAX = 1 << 16

_WORD = rb"[A-Za-z0-9_-]{16,512}"
_IN_BODY = re.compile(
    rb"""([A-Za-z_][\w.-]{0,40})["']?\s*(?:[=:]\s*|\s(?:content|value)\s*=\s*)["']?("""
    + _WORD
    + rb""")(?![A-Za-z0-9_-])"""
)
_NAMED_INPUT = re.compile(
    rb"""name\s*=\s*["']?([\w.-]{1,40})["']?[^<>]{0,80}?(?:value|content)\s*=\s*["']?("""
    + _WORD
    + rb""")(?![A-Za-z0-9_-])"""
)
_SIGNED = re.compile(r"\.?[A-Za-z0-9_-]+(?:[.:][A-Za-z0-9_-]+){1,3}")
#: Headers that tell of the response or its content, never of the caller.
ABOUT_CONTENT = frozenset(
    {
        *("accept-ranges", "age", "allow", "cache-control", "connection", "content-disposition"),
        *("content-encoding", "content-language", "content-length", "content-range"),
        *("content-security-policy", "content-type", "date", "etag", "expires", "last-modified", "link"),
        *(
            "location",
            "server",
            "set-cookie",
            "strict-transport-security",
            "transfer-encoding",
            "vary",
            "via",
        ),
    }
)


class Token(NamedTuple):
    """A value that was handed out: 64 bits of its hash, and of that of the name it had."""

    digest: int
    name: int


def digest_of(data: bytes) -> int:
    """Return 64 bits of a hash, never 0."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big") or 1


def is_token(word: str) -> bool:
    """Return whether a word is as random as what is made for one caller."""
    if not LENGTH_MIN <= len(word) <= LENGTH_MAX or not re.fullmatch(r"[A-Za-z0-9_-]+", word):
        return False
    if not (any(c.isdigit() for c in word) and any(c.isalpha() for c in word)):
        return False
    counts = Counter(word).values()
    entropy = -sum(n / len(word) * math.log2(n / len(word)) for n in counts)
    return entropy >= ENTROPY_MIN


def cookie_tokens(name: str, value: str) -> Iterator[Token]:
    """Yield what a cookie hands out: itself, or what it holds if it is signed."""
    value = value.strip('"')
    held = signed_content(value)
    if held is not None:
        for key, token in _words_of(held):
            yield Token(digest_of(token), digest_of(b"held " + key))
        return
    if is_token(value):
        yield Token(digest_of(value.encode()), _name("cookie", name))


def header_tokens(name: str, value: str) -> Iterator[Token]:
    """Yield what a header hands out; its name is in lower case."""
    if name not in ABOUT_CONTENT and is_token(value):
        yield Token(digest_of(value.encode()), _name("header", name))


def body_tokens(body: bytes) -> Iterator[Token]:
    """Yield what a body hands out, those at a place that several words share left out."""
    for key, token in _words_of(body[:BODY_MAX]):
        yield Token(digest_of(token), digest_of(b"body " + key))


def names_of(name: str) -> tuple[int, ...]:
    """Return by what a token is told that stands at this name: a cookie's, a header's, a key's in either."""
    return (*(_name(place, name) for place in ("cookie", "body", "held")), _name("header", name.lower()))


def _name(place: str, name: str) -> int:
    return digest_of(f"{place} {name}".encode("utf-8", "replace"))


def _words_of(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    found: dict[bytes, set[bytes]] = {}
    for pattern in (_NAMED_INPUT, _IN_BODY):
        for key, word in pattern.findall(text):
            if is_token(word.decode("ascii")):
                found.setdefault(key, set()).add(word)
    told: set[bytes] = set()
    for key, words in found.items():
        if len(words) == 1 and not words <= told and len(told) < TOKENS_MAX:
            told |= words
            yield key, next(iter(words))


def signed_content(value: str) -> bytes | None:
    """Return what a signed cookie holds (itsdangerous, Django's signer, a JWT), None if it is none."""
    if not _SIGNED.fullmatch(value):
        return None
    packed = value.startswith(".")
    parts = re.split(r"[.:]", value.lstrip("."))
    contents = [_unpack(part, packed=packed) for part in parts[:2]]
    readable = [
        content for content in contents if content is not None and content.lstrip()[:1] in (b"{", b"[", b'"')
    ]
    return b" ".join(readable) if readable else None


def _unpack(part: str, *, packed: bool) -> bytes | None:
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        return zlib.decompressobj().decompress(data, UNPACKED_MAX) if packed else data
    except (binascii.Error, ValueError, zlib.error):
        return None
