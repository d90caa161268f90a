"""From an answer to the rows of a client's journal: whose canaries came back, and what was handed out.

Nothing here decides that an answer is wrong: what a caller publishes on purpose is known to the checker, and
so is whether a canary was ever sent.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.history.layout import Field, Notice, Place

from .carrying import caller_of
from .searching import find_canaries
from .tokens import Token, body_tokens, cookie_tokens, header_tokens, signed_content

# : Foreign canaries of one place that are told of. More than prove anything: digests may look like some of
# them.
FOREIGN_MAX = 64
#: A body of more bytes once unpacked is looked at up to here.
UNPACKED_MAX = 1 << 24
_ENCODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 47}  # zlib's window bits: with this header, or with any
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
        rows += [Row(point, operation, canary) for canary in foreign[:FOREIGN_MAX]]
        own = next((canary for canary in found if caller_of(canary) == caller_of(operation)), 0)
        if own:
            rows.append(Row(point, operation, own))
    for place, token in _tokens(answer, body):
        if token not in seen.tokens:
            seen.tokens.add(token)
            rows.append(Row(Field.HANDED, token.name, token.digest, place))
    return rows


def notices_of(method: str, answer: Answer, dropped_cookie: bool, *, forwarded: bool = False) -> list[Row]:
    """Return what an answer says about how the app is asked rather than about isolation.

    :param dropped_cookie: it deletes a cookie that the client held.
    :param forwarded: HTTPS is claimed already.
    """
    found: list[Notice] = []
    location = next(iter(answer.all_headers("location")), "")
    if 300 <= answer.code < 400 and location.startswith("https://") and not forwarded:
        found.append(Notice.HTTPS)
    elif 300 <= answer.code < 400 and any(word in location.lower() for word in _ENTRANCES):
        found.append(Notice.ENTRANCE)
    if answer.code == 429:
        found.append(Notice.RATE_LIMIT)
    if answer.code in (400, 403) and method not in ("GET", "HEAD", "OPTIONS"):
        found.append(Notice.CSRF if b"csrf" in answer.body[:65_536].lower() else Notice.REFUSED)
    if dropped_cookie:
        found.append(Notice.LOGOUT)
    # As a plain number: a journal that has to grow takes anything else for no number.
    return [Row(Field.NOTICE, 0, int(notice)) for notice in found]


def unpack(answer: Answer) -> bytes:
    """Return the body without its content coding; one that can't be read is returned as it came."""
    body = answer.body
    for coding in reversed(",".join(answer.all_headers("content-encoding")).lower().split(",")):
        bits = _ENCODINGS.get(coding.strip())
        if bits is None:
            continue
        try:
            body = zlib.decompressobj(bits).decompress(body, UNPACKED_MAX)
        except zlib.error:
            return answer.body
    return body


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
