"""What is seen in an answer: each place, each coding; and what is not there to be seen."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib

import pytest

from harness.blackbox.answers import (
    FOREIGN_ALIKE_MAX,
    FOREIGN_MAX,
    Answer,
    Row,
    Seen,
    notices_of,
    observe_answer,
    unpack,
)
from harness.blackbox.carrying import HEADER_SLOT, field_canary
from harness.blackbox.tokens import names_of
from harness.history.canary import CanaryKind, make_canary, to_text
from harness.history.layout import Field, Notice

MINE = make_canary(CanaryKind.OPERATION, 0, 1, 7)
THEIRS = field_canary(make_canary(CanaryKind.OPERATION, 0, 2, 9), 4)
TEXT = to_text(THEIRS)
_DATA = json.dumps({"user": TEXT}).encode()
_COOKIE = base64.urlsafe_b64encode(_DATA).decode().rstrip("=")
_PACKED = base64.urlsafe_b64encode(zlib.compress(_DATA)).decode().rstrip("=")


def answer(body: bytes = b"", *headers: tuple[str, str], status: str = "200 OK") -> Answer:
    return Answer(status, headers, body)


def canaries(rows: list[Row]) -> list[tuple[Field, int]]:
    return [(row.field, row.value) for row in rows if row.field < Field.HANDED]


def _raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PLACES = {
    "status line": (answer(status=f"200 {TEXT}"), Field.SEEN_STATUS),
    "header": (answer(b"", ("x-user", TEXT)), Field.SEEN_HEADER),
    "redirect": (answer(b"", ("location", f"/u/{TEXT}?next=1")), Field.SEEN_HEADER),
    "cookie": (answer(b"", ("set-cookie", f"user={TEXT}; Path=/")), Field.SEEN_COOKIE),
    "signed cookie": (
        answer(b"", ("set-cookie", f"session={_COOKIE}.aSAb3g.c2lnbmF0dXJl")),
        Field.SEEN_COOKIE,
    ),
    "packed cookie": (answer(b"", ("set-cookie", f"session=.{_PACKED}.aSAb3g.c2lnbmF0")), Field.SEEN_COOKIE),
    "body": (answer(TEXT.encode()), Field.SEEN_BODY),
    "inside a word": (answer(f"abc{TEXT}def0123".encode()), Field.SEEN_BODY),
    "upper case": (answer(TEXT.upper().encode()), Field.SEEN_BODY),
    "gzip": (answer(gzip.compress(TEXT.encode()), ("content-encoding", "gzip")), Field.SEEN_BODY),
    "deflate": (answer(zlib.compress(TEXT.encode()), ("content-encoding", "deflate")), Field.SEEN_BODY),
    "raw deflate": (answer(_raw(TEXT.encode()), ("content-encoding", "deflate")), Field.SEEN_BODY),
    "the second member of a gzip": (
        answer(gzip.compress(b"<p>") + gzip.compress(TEXT.encode()), ("content-encoding", "gzip")),
        Field.SEEN_BODY,
    ),
    "two codings": (
        answer(zlib.compress(gzip.compress(TEXT.encode())), ("content-encoding", "gzip, deflate")),
        Field.SEEN_BODY,
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_another_caller_s_canary_is_seen_where_it_is(name: str) -> None:
    given, field = PLACES[name]
    assert canaries(observe_answer(MINE, given, Seen())) == [(field, THEIRS)]


@pytest.mark.parametrize("name", PLACES)
def test_the_same_is_the_caller_s_own_to_its_sender(name: str) -> None:
    given, field = PLACES[name]
    sender = make_canary(CanaryKind.OPERATION, 0, 2, 10)
    assert canaries(observe_answer(sender, given, Seen())) == [(field, THEIRS)]  # told, and not foreign


def test_few_digests_look_like_a_canary_and_no_number_does() -> None:
    digests = " ".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(2000))
    assert len(canaries(observe_answer(MINE, answer(digests.encode()), Seen()))) < 20
    numbers = " ".join(str(number) for number in range(1_763_709_001_123_456_789, 1_763_709_001_123_457_789))
    assert canaries(observe_answer(MINE, answer(numbers.encode()), Seen())) == []


def test_a_body_that_is_not_what_its_header_says_is_searched_as_it_came() -> None:
    given = answer(TEXT.encode(), ("content-encoding", "gzip"))
    assert unpack(given) == TEXT.encode()


def handed(*answers: Answer) -> int:
    seen = Seen()
    return sum(row.field is Field.HANDED for given in answers for row in observe_answer(MINE, given, seen))


TOKEN = "d41d8cd98f00b204e9800998ecf8427e"
HTML = ("content-type", "text/html")

HANDED_OUT = {
    "a cookie": answer(b"", ("set-cookie", f"sid={TOKEN}; HttpOnly")),
    "a header": answer(b"", ("x-request-id", TOKEN)),
    "a JSON key": answer(json.dumps({"csrf": TOKEN}).encode(), ("content-type", "application/json")),
    "a form's field": answer(f'<input name="csrf" value="{TOKEN}">'.encode(), HTML),
    "what a signed cookie holds": answer(
        b"",
        (
            "set-cookie",
            f"s={base64.urlsafe_b64encode(json.dumps({'id': TOKEN}).encode()).decode().rstrip('=')}.a.b",
        ),
    ),
}
NOT_HANDED_OUT = {
    "a word": answer(b'{"name": "internationalization"}', ("content-type", "application/json")),
    "a number": answer(b'{"at": 1763709001123456789}', ("content-type", "application/json")),
    "an etag": answer(b"", ("etag", TOKEN)),
    "the signature of what anybody gets": answer(
        b"", ("set-cookie", f"s={_COOKIE[:4]}eyJ2IjoxfQ.aSAb3g.{TOKEN}")
    ),
    "a list": answer(f"id: {TOKEN} id: {TOKEN[::-1]}".encode(), HTML),
    "a script": answer(f'key="{TOKEN}"'.encode(), ("content-type", "text/javascript")),
    "what a caller sent": answer(f"id: {to_text(MINE)}{to_text(MINE)}".encode(), HTML),
}


@pytest.mark.parametrize("name", HANDED_OUT)
def test_a_token_is_told_of_once(name: str) -> None:
    assert handed(HANDED_OUT[name], HANDED_OUT[name]) == 1


@pytest.mark.parametrize(
    ("name", "called"), [*zip(HANDED_OUT, ("sid", "X-Request-ID", "csrf", "csrf", "id"), strict=True)]
)
def test_where_it_stands_is_known_by_its_name(name: str, called: str) -> None:
    rows = observe_answer(MINE, HANDED_OUT[name], Seen())
    (place,) = [row.expected for row in rows if row.field is Field.HANDED]
    assert place in names_of(called)
    assert place not in names_of("another")


@pytest.mark.parametrize("name", NOT_HANDED_OUT)
def test_what_is_no_token_is_not_told_of(name: str) -> None:
    assert handed(NOT_HANDED_OUT[name]) == 0


NOTICES = {
    "https": ("GET", answer(b"", ("location", "https://x/"), status="301 Moved"), False, [Notice.HTTPS]),
    "login": (
        "GET",
        answer(b"", ("location", "/login?next=/"), status="302 Found"),
        False,
        [Notice.ENTRANCE],
    ),
    "elsewhere": ("GET", answer(b"", ("location", "/home"), status="302 Found"), False, []),
    "too many": ("GET", answer(status="429 Too Many"), False, [Notice.RATE_LIMIT]),
    "csrf": ("POST", answer(b"<h1>CSRF verification failed", status="403 Forbidden"), False, [Notice.CSRF]),
    "refused": ("POST", answer(b"no", status="400 Bad Request"), False, [Notice.REFUSED]),
    "a GET that is refused": ("GET", answer(b"no", status="403 Forbidden"), False, []),
    "logged out": ("GET", answer(), True, [Notice.LOGOUT]),
    "a coding of its own": ("GET", answer(b"\x8b", ("content-encoding", "br")), False, [Notice.CODED]),
    "a coding it does not have": ("GET", answer(b"ok", ("content-encoding", "gzip")), False, [Notice.CODED]),
    "an empty one": ("GET", answer(gzip.compress(b""), ("content-encoding", "gzip")), False, []),
    "no coding": ("GET", answer(b"ok", ("content-encoding", "identity")), False, []),
    "a coding of nothing": ("HEAD", answer(b"", ("content-encoding", "br")), False, []),
}


@pytest.mark.parametrize("name", NOTICES)
def test_an_answer_says_how_the_app_wants_to_be_asked(name: str) -> None:
    method, given, dropped, expected = NOTICES[name]
    assert [row.value for row in notices_of(method, given, dropped)] == expected


def test_what_a_journal_is_given_is_a_plain_number() -> None:
    rows = notices_of("GET", answer(b"", status="429 Slow Down"), True)
    assert [type(row.value) for row in rows] == [int, int]


def test_a_redirect_to_https_is_no_news_to_who_claims_it() -> None:
    given = answer(b"", ("location", "https://x/"), status="301 Moved")
    assert notices_of("GET", given, False, forwarded=True) == []


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://accounts.example.com/login", [Notice.ENTRANCE]),
        ("https://shop.test/login", [Notice.HTTPS]),
        ("https://www.shop.test/", [Notice.HTTPS]),
        ("https://[broken/login", [Notice.ENTRANCE]),
    ],
)
def test_to_log_in_elsewhere_is_no_redirect_to_https(location: str, expected: list[Notice]) -> None:
    given = answer(b"", ("location", location), status="302 Found")
    assert [row.value for row in notices_of("GET", given, False, host="shop.test:80")] == expected


def test_what_is_published_does_not_crowd_out_the_rest() -> None:
    """A guestbook of one client's entries, and what another sent in its header."""
    board = [field_canary(make_canary(CanaryKind.OPERATION, 0, 0, number), 2) for number in range(1, 200)]
    private = field_canary(make_canary(CanaryKind.OPERATION, 0, 6, 3), HEADER_SLOT)
    page = " ".join(map(to_text, [*board, private])).encode()
    told = [value for _, value in canaries(observe_answer(MINE, answer(page), Seen()))]
    assert private in told
    assert set(told) & set(board) == set(board[-FOREIGN_ALIKE_MAX:])


def test_of_too_many_callers_some_are_told_of_other_ones_each_time() -> None:
    others = [field_canary(make_canary(CanaryKind.OPERATION, 0, client, 3), 2) for client in range(2, 300)]
    page = answer(" ".join(map(to_text, others)).encode())
    one, two = (
        {value for _, value in canaries(observe_answer(operation, page, Seen()))}
        for operation in (MINE, MINE + 1)
    )
    assert len(one) == len(two) == FOREIGN_MAX
    assert one != two
