"""The cookies of one client."""

from __future__ import annotations

import pytest

from harness.load.http import Response
from harness.load.jar import Jar, merge_cookies


def setting(*cookies: str) -> Response:
    return Response(200, tuple(("set-cookie", text) for text in cookies), b"", keeps_alive=True, size=0)


def test_what_was_set_last_is_sent_the_longest_path_first() -> None:
    jar = Jar()
    jar.take(setting("a=1; Path=/", "b=2; Path=/shop; HttpOnly"))
    jar.take(setting("a=3"))
    assert jar.header("/shop/cart?x=1") == [("b", "2"), ("a", "3")]
    assert jar.header("/shopping") == [("a", "3")]


@pytest.mark.parametrize(
    "gone", ["a=; Max-Age=0", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=x; max-age=-1"]
)
def test_a_cookie_that_is_deleted_is_not_sent(gone: str) -> None:
    jar = Jar()
    assert not jar.take(setting("a=1"))
    assert jar.take(setting(gone))
    assert jar.header("/") == []
    assert not jar.take(setting(gone))  # it was not held


@pytest.mark.parametrize(
    "kept", ["a=2; Max-Age=60", "a=2; Expires=Thu, 01 Jan 2970 00:00:00 GMT", "a=2; Expires=never"]
)
def test_a_cookie_that_lasts_is_kept(kept: str) -> None:
    jar = Jar()
    assert not jar.take(setting(kept))
    assert jar.header("/") == [("a", "2")]


@pytest.mark.parametrize(
    ("sent", "given", "merged"),
    [
        ("canary=1", "session=x; lang=de", "canary=1; session=x; lang=de"),
        ("canary=1; session=new", "session=x;lang=de;", "canary=1; session=new; lang=de"),
        ("canary=1", "canary=2", "canary=1"),
        ("canary=1; a=b", "", "canary=1; a=b"),
        ("", "a=b", "a=b"),
    ],
)
def test_cookies_that_are_given_join_those_that_are_sent_anyway(sent: str, given: str, merged: str) -> None:
    assert merge_cookies(sent, given) == merged
