"""A caller whose requests somebody else writes: which canaries it makes, what its routes are called."""

from __future__ import annotations

from typing import Any

import pytest

from harness.blackbox.answers import Answer
from harness.blackbox.carrying import COOKIE_SLOT, FIRST_SLOT, HEADER_SLOT, field_canary, owner_of
from harness.blackbox.searching import find_canaries
from harness.history.canary import HEADER, WRAPPER_HEADER, to_text
from harness.history.layout import KIND_SHIFT, POINT_SHIFT, Field, Kind, Notice
from harness.load.caller import FIELDS_MAX, Caller, CanaryError, Sent
from harness.load.recording import Recorder


class Rows:
    """A journal that keeps its rows."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, ...]] = []

    def write(self, *words: int) -> None:
        self.rows.append(words)

    def kinds(self) -> list[Kind]:
        return [Kind(words[7] >> KIND_SHIFT & 0xFF) for words in self.rows]

    def observed(self, point: Field) -> list[int]:
        """Return the values of the observations of one field."""
        return [words[3] for words in self.rows if words[7] >> POINT_SHIFT & 0xFF == point]


class Texts:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, op: int, text: str, sent: str = "", /) -> None:
        self.texts.append(text)


def caller(client: int = 3, **more: Any) -> tuple[Caller, Rows, Texts]:
    rows, texts = Rows(), Texts()
    return Caller(0, client, Recorder(rows, texts), **more), rows, texts


def answer(body: str, *headers: tuple[str, str]) -> Answer:
    return Answer("200 OK", headers, body.encode())


def test_a_canary_is_of_the_request_that_follows() -> None:
    one, _, _ = caller()
    text = one.canary("q")
    assert one.canary("q") == text  # until it was sent
    draft = one.draft(Sent("GET", f"/search?q={text}"))
    assert owner_of(int(text, 16)) == (draft.canary, FIRST_SLOT)
    assert one.canary("q") != text


@pytest.mark.parametrize("kind", ["text", "int", "float", "uuid"])
def test_each_kind_is_found_again(kind: str) -> None:
    one, _, _ = caller()
    one.canary("first")
    spelled = one.canary("second", kind)
    draft = one.draft(Sent("GET", f"/{spelled}"))
    assert field_canary(draft.canary, FIRST_SLOT + 1) in find_canaries(spelled.encode())


def test_a_wrong_kind_and_too_many_fields_are_one_line() -> None:
    one, _, _ = caller()
    with pytest.raises(CanaryError, match=r"the kinds are text, path, int, float, uuid"):
        one.canary("a", "email")
    for number in range(FIELDS_MAX):
        one.canary(f"field {number}")
    with pytest.raises(CanaryError, match="a request carries 29 at most; send one first"):
        one.canary("one more")


def test_every_request_carries_a_header_and_a_cookie_of_its_own() -> None:
    one, _, _ = caller()
    draft = one.draft(Sent("GET", "/"))
    assert dict(draft.added)[HEADER] == to_text(field_canary(draft.canary, HEADER_SLOT))
    assert dict(draft.added)[WRAPPER_HEADER].startswith(to_text(draft.canary))
    assert draft.cookie == f"canary={to_text(field_canary(draft.canary, COOKIE_SLOT))}"


def test_a_route_is_called_by_its_name_or_its_path_without_canaries() -> None:
    one, _, _ = caller()
    item, q = one.canary("item"), one.canary("q", "int")
    sent = Sent("GET", f"/items/{item}?q={q}&page=2")
    assert one.draft(sent).route.label == "GET /items/<item>"
    assert one.draft(Sent("GET", "/items/7", name="an item")).route.label == "GET an item"


FORM = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")
JSON = ("content-type", "application/json")


@pytest.mark.parametrize(
    ("template", "headers", "body", "place", "label"),
    [
        ("/a/{}", (), "", "path", "POST /a/<f>"),
        ("/a?f={}", (), "", "query", "POST /a"),
        ("/a", (FORM,), "f={}", "form", "POST /a (form)"),
        ("/a", (JSON,), '{{"f": "{}"}}', "json", "POST /a (json)"),
        ("/a", (("content-type", "text/plain"),), "f {}", "body", "POST /a"),
        ("/a", (("x-user", "{}"),), "", "header", "POST /a"),
        ("/a", (("cookie", "user={}"),), "", "cookie", "POST /a"),
        ("/a", (), "", "request", "POST /a"),
    ],
)
def test_where_a_field_travels_is_seen(
    template: str, headers: tuple[tuple[str, str], ...], body: str, place: str, label: str
) -> None:
    one, _, _ = caller()
    text = one.canary("f")
    filled = tuple((name, value.format(text)) for name, value in headers)
    route = one.draft(Sent("POST", template.format(text), filled, body.format(text).encode())).route
    assert [(field.place, field.name) for field in route.fields] == [(place, "f")]
    assert route.label == label


def test_a_name_that_cannot_be_printed_or_is_long_is_made_fit() -> None:
    one, _, _ = caller()
    assert one.draft(Sent("GET", "/", name="a\x1b[2Jb")).route.rule == "a?[2Jb"
    assert len(one.draft(Sent("GET", "/" + "x" * 500)).route.rule) == 80


def test_another_callers_canary_in_an_answer_is_recorded_and_an_own_one_is_no_alarm() -> None:
    one, rows, texts = caller(3)
    other, _, _ = caller(4)
    foreign, own = other.canary("q"), one.canary("q")
    under_way = one.send(one.draft(Sent("GET", f"/?q={own}")), 0)
    assert not under_way.answered(answer(f"<p>{own}</p>"))
    under_way = one.send(one.draft(Sent("GET", "/")), 0)
    assert under_way.answered(answer(f"<p>{foreign}</p>"))
    assert rows.observed(Field.SEEN_BODY) == [int(own, 16), int(foreign, 16)]
    assert rows.kinds() == [Kind.INVOKE, Kind.OBSERVE, Kind.OK] * 2
    assert texts.texts[-1].startswith("a foreign canary in the answer: status 200; body of")


def test_what_has_no_answer_is_recorded_as_such() -> None:
    one, rows, texts = caller()
    one.send(one.draft(Sent("GET", "/")), 0).never_sent("ConnectionRefusedError")
    one.send(one.draft(Sent("GET", "/")), 0).unanswered("TimeoutError")
    assert rows.kinds() == [Kind.INVOKE, Kind.FAIL, Kind.INVOKE, Kind.INFO]
    assert texts.texts == ["never sent: ConnectionRefusedError", "no response: TimeoutError"]


def test_a_cookie_that_is_deleted_is_noticed() -> None:
    one, rows, _ = caller()
    for value in ("sid=1", "sid=; Max-Age=0"):
        one.send(one.draft(Sent("GET", "/")), 0).answered(answer("", ("set-cookie", value)))
    assert rows.observed(Field.NOTICE) == [Notice.LOGOUT]
