"""From an answer to the rows of a client's journal: whose canaries came back, and what was handed out.

Nothing here decides that an answer is wrong: what a caller publishes on purpose is known to the checker, and
so is whether a canary was ever sent.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from harness.history.layout import Field, Notice, Place

from .carrying import caller_of, owner_of
from .searching import find_canaries
from .tokens import Token, body_tokens, cookie_tokens, header_tokens, signed_content

#: Foreign canaries of one place that are told of. More than prove anything: digests may look like some of
#: them. Of one caller's in one field a few will do: a guestbook must not crowd out the rest.
FOREIGN_MAX, FOREIGN_ALIKE_MAX = 64, 4
#: A body of more bytes once unpacked is looked at up to here.
UNPACKED_MAX = 1 << 24
#: zlib's window bits: with this header; or with any, or with none.
_ENCODINGS = {"gzip": (31,), "x-gzip": (31,), "deflate": (47, -15)}
_ENTRANCES = ("login", "signin", "sign-in", "log-in", "accounts/login")


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole response; header names in lower case, the body with its transfer coding undone."""

    status: str  # the status line without the protocol: "200 OK"
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def code(self) -> int:
        """The status as a number, 0 if it is none."""
        digits = self.status[:3]
        return int(digits) if digits.isdecimal() else 0

    def all_headers(self, name: str) -> list[str]:
        """Return every header of this lower-case name."""
        return [value for key, value in self.headers if key == name]


@dataclass(slots=True)
class Seen:
    """What one client was handed so far: each token is told of once; and the cookies it holds."""

    tokens: set[Token] = field(default_factory=set)


class Row(NamedTuple):
    """One OBSERVE record, as :meth:`harness.load.recording.Trail.observe` takes it."""

    field: Field
    expected: int
    value: int
    detail: int = 0


def observe_answer(operation: int, answer: Answer, seen: Seen) -> list[Row]:
    """Return what *answer* shows, as rows: canaries of others, an own one, tokens not handed out before.

    :param operation: the operation's canary. :param seen: the client's, kept between its operations.
    """
    rows: list[Row] = []
    body = unpack(answer)
    for point, pieces in _places(answer, body):
        found = sorted({canary for piece in pieces for canary in find_canaries(piece)})
        foreign = [canary for canary in found if caller_of(canary) != caller_of(operation)]
        rows += [Row(point, operation, canary) for canary in _told(operation, foreign)]
        own = next((canary for canary in found if caller_of(canary) == caller_of(operation)), 0)
        if own:
            rows.append(Row(point, operation, own))
    for place, token in _tokens(answer, body):
        if token not in seen.tokens:
            seen.tokens.add(token)
            rows.append(Row(Field.HANDED, token.name, token.digest, place))
    return rows


def _told(operation: int, foreign: list[int]) -> list[int]:
    """Return those that are told of: of each caller's in each field the latest few; drawn, if it is many."""
    if len(foreign) <= FOREIGN_MAX:
        return foreign
    alike: dict[tuple[int, int], list[int]] = {}
    for canary in foreign:
        owner, slot = owner_of(canary)
        alike.setdefault((caller_of(owner), slot), []).append(canary)
    # What one answer can't tell another one does: who is left out is drawn anew for each.
    ranked = sorted(
        (rank, zlib.crc32(b"%x %x" % (operation, canary)), canary)
        for group in alike.values()
        for rank, canary in enumerate(reversed(group[-FOREIGN_ALIKE_MAX:]))
    )
    return sorted(canary for _, _, canary in ranked[:FOREIGN_MAX])


def notices_of(
    method: str, answer: Answer, dropped_cookie: bool, *, forwarded: bool = False, host: str = ""
) -> list[Row]:
    """Return what an answer says about how the app is asked rather than about isolation.

    :param dropped_cookie: it deletes a cookie that the client held.
    :param forwarded: HTTPS is claimed already.
    :param host: who was asked: to log in at another's is no redirect to HTTPS.
    """
    found: list[Notice] = []
    location = next(iter(answer.all_headers("location")), "")
    entrance = any(word in location.lower() for word in _ENTRANCES)
    if 300 <= answer.code < 400 and location.startswith("https://") and not forwarded:
        found.append(Notice.ENTRANCE if entrance and not _is_at(location, host) else Notice.HTTPS)
    elif 300 <= answer.code < 400 and entrance:
        found.append(Notice.ENTRANCE)
    if answer.code == 429:
        found.append(Notice.RATE_LIMIT)
    if answer.code in (400, 403) and method not in ("GET", "HEAD", "OPTIONS"):
        found.append(Notice.CSRF if b"csrf" in answer.body[:65_536].lower() else Notice.REFUSED)
    if dropped_cookie:
        found.append(Notice.LOGOUT)
    if answer.body and _undone(answer)[1]:
        found.append(Notice.CODED)
    # As a plain number: a journal that has to grow takes anything else for no number.
    return [Row(Field.NOTICE, 0, int(notice)) for notice in found]


def _is_at(location: str, host: str) -> bool:
    """Whether a URL is the host's, whatever the port; without a host it may be."""
    try:
        there = urlsplit(location).hostname
    except ValueError:
        return False
    return not host or there == urlsplit(f"//{host}").hostname


def unpack(answer: Answer) -> bytes:
    """Return the body without its content coding; one that can't be read is returned as it came."""
    return _undone(answer)[0]


def _undone(answer: Answer) -> tuple[bytes, bool]:
    """Return the body without its content coding, and whether one is left that can't be undone."""
    body = answer.body
    for coding in reversed(",".join(answer.all_headers("content-encoding")).lower().split(",")):
        name = coding.strip()
        if name in ("", "identity"):
            continue
        tried = (_inflate(body, bits) for bits in _ENCODINGS.get(name, ()))
        plain = next((each for each in tried if each is not None), None)
        if plain is None:
            return answer.body, True
        body = plain
    return body, False


def _inflate(body: bytes, bits: int) -> bytes | None:
    """Return what zlib makes of a body, all members of a gzip; None if it can't."""
    parts: list[bytes] = []
    left = UNPACKED_MAX
    while body and left > 0:
        one = zlib.decompressobj(bits)
        try:
            parts.append(one.decompress(body, left))
        except zlib.error:
            return b"".join(parts) or None  # bytes after a gzip are ignored, as by everybody
        left -= len(parts[-1])
        body = one.unused_data
    return b"".join(parts)


def _places(answer: Answer, body: bytes) -> Iterator[tuple[Field, list[bytes]]]:
    cookies = answer.all_headers("set-cookie")
    held = [signed_content(_cookie(text)[1]) for text in cookies]
    others = [f"{name}: {value}" for name, value in answer.headers if name != "set-cookie"]
    yield Field.SEEN_STATUS, [_bytes(answer.status)]
    yield Field.SEEN_HEADER, [_bytes("\n".join(others))]
    yield (
        Field.SEEN_COOKIE,
        [_bytes("\n".join(cookies)), *(content for content in held if content is not None)],
    )
    yield Field.SEEN_BODY, [body]


def _tokens(answer: Answer, body: bytes) -> Iterator[tuple[Place, Token]]:
    for text in answer.all_headers("set-cookie"):
        name, value = _cookie(text)
        yield from _of(Place.COOKIE, value, cookie_tokens(name, value))
    for name, value in answer.headers:
        yield from _of(Place.HEADER, value, header_tokens(name, value))
    if not _static(answer):
        # A body's tokens are told apart from canaries by what they hold, so that none is of our own making.
        yield from ((Place.BODY, token) for token in body_tokens(_without_canaries(body)))


def _of(place: Place, value: str, tokens: Iterable[Token]) -> Iterator[tuple[Place, Token]]:
    if not find_canaries(_bytes(value)):
        yield from ((place, token) for token in tokens)


def _without_canaries(body: bytes) -> bytes:
    """Return a body with every line that holds a canary left out, if it holds any."""
    if not find_canaries(body):
        return body
    return b"\n".join(piece for piece in body.replace(b",", b"\n").split(b"\n") if not find_canaries(piece))


def _static(answer: Answer) -> bool:
    """Whether the body is of a kind that holds the same for everyone: images, fonts, scripts, styles."""
    kind = next(iter(answer.all_headers("content-type")), "").partition(";")[0].strip().lower()
    return not (kind.startswith("text/") or kind.endswith(("json", "xml"))) or kind in (
        "text/css",
        "text/javascript",
    )


def _cookie(text: str) -> tuple[str, str]:
    name, _, value = text.partition(";")[0].partition("=")
    return name.strip(), value.strip()


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")
