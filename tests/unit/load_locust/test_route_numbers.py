"""Routes of a locustfile of the user's own: a number means the same route in every process."""

from __future__ import annotations

import gevent
import pytest

from harness.load.locust.numbers import Numbers
from harness.load.locust.routebook import ROUTES_MAX, TEXT_CHARACTERS_MAX, RouteBook, spell
from harness.store.metadata import RouteMeta
from harness.store.survey import RouteField

SEARCH = RouteMeta("GET /search", "/search", (RouteField("query", "q", "text"),))
ME = RouteMeta("GET /me", "/me")


def test_the_same_route_has_the_same_number() -> None:
    book = RouteBook()
    assert [book.number(spell(route)) for route in (SEARCH, ME, SEARCH)] == [0, 1, 0]
    assert book.routes == [SEARCH, ME]


def test_what_is_no_route_or_too_long_and_what_comes_late_share_one_number() -> None:
    book = RouteBook()
    shared = book.number("no route")
    assert book.number("x" * (TEXT_CHARACTERS_MAX + 1)) == shared
    for number in range(ROUTES_MAX + 10):
        last = book.number(spell(RouteMeta(f"GET /{number}", f"/{number}")))
    assert last == shared
    assert len(book.routes) == ROUTES_MAX
    assert book.routes[shared].label == "any other request"


def test_a_number_is_asked_for_once_and_waited_for() -> None:
    asked: list[str] = []
    numbers = Numbers(asked.append)
    waiting = gevent.spawn(numbers.of, "a route")
    gevent.sleep(0)
    assert asked == ["a route"]
    numbers.told("a route", 7)
    assert waiting.get() == 7
    assert numbers.of("a route") == 7
    assert asked == ["a route"]


def test_nobody_waits_beyond_the_end() -> None:
    numbers = Numbers(lambda _: None)
    waiting = gevent.spawn(numbers.of, "a route")
    gevent.sleep(0)
    numbers.end()
    assert isinstance(waiting.get(), gevent.GreenletExit)
    with pytest.raises(gevent.GreenletExit):
        numbers.of("another")
