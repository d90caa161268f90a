"""The naive shared cache: what it stores, whom it gives it to, and what it respects."""

from __future__ import annotations

import pytest

from harness.load.cache import LOOKUPS, SharedCache
from harness.load.http import Response

ME, OTHER = {"cookie": "session=me"}, {"cookie": "session=other"}


def response(*headers: tuple[str, str], status: int = 200, body: bytes = b"mine") -> Response:
    return Response(status, headers, body, keeps_alive=True, size=1)


def given(stored: Response, headers: dict[str, str] = OTHER, method: str = "GET") -> Response | None:
    """Return what another caller gets after *stored* was the answer to me."""
    cache = SharedCache()
    cache.store(method, "/page/1", ME, stored)
    return cache.find(method, "/page/1", headers)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("vary", "Accept"),),
        (("set-cookie", "session=me"),),  # the proxy of CVE-2023-30861
        (("cache-control", "public, max-age=0"),),
    ],
)
def test_what_names_no_cookie_is_given_to_everybody(headers: tuple[tuple[str, str], ...]) -> None:
    stored = response(*headers)
    assert given(stored) is stored


@pytest.mark.parametrize("vary", ["Cookie", "cookie", "Accept,Cookie", "accept-encoding , COOKIE"])
def test_what_varies_with_the_cookie_is_given_to_the_same_caller_only(vary: str) -> None:
    stored = response(("vary", vary))
    assert given(stored) is None
    assert given(stored, ME) is stored


@pytest.mark.parametrize(
    "kept_back",
    [
        response(("vary", "*")),
        response(("vary", "Accept"), ("vary", "*")),
        response(("cache-control", "private")),
        response(("cache-control", 'max-age=60, Private="set-cookie"')),
        response(("cache-control", "no-store")),
        response(("cache-control", "no-cache")),
        response(status=404),
    ],
)
def test_what_forbids_it_is_not_stored(kept_back: Response) -> None:
    assert given(kept_back, ME) is None


def test_only_answers_to_a_get_are_stored() -> None:
    assert given(response(), ME, method="POST") is None


def test_variants_live_side_by_side_and_a_new_one_takes_the_place_of_the_old() -> None:
    cache = SharedCache()
    mine, theirs, again = (response(("vary", "Cookie"), body=text) for text in (b"1", b"2", b"3"))
    cache.store("GET", "/page/1", ME, mine)
    cache.store("GET", "/page/1", OTHER, theirs)
    assert cache.find("GET", "/page/1", ME) is mine
    assert cache.find("GET", "/page/1", OTHER) is theirs
    cache.store("GET", "/page/1", ME, again)
    assert cache.find("GET", "/page/1", ME) is again
    assert cache.find("GET", "/page/1", OTHER) is theirs
    assert cache.find("GET", "/page/2", ME) is None


def test_an_entry_is_gone_after_so_many_lookups() -> None:
    cache = SharedCache()
    stored = response()
    cache.store("GET", "/page/1", ME, stored)
    found = [cache.find("GET", "/page/1", ME) for _ in range(LOOKUPS)]
    assert found == [stored] * (LOOKUPS - 1) + [None]
