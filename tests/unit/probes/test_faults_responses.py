"""Each fault of responses and their headers does what its row says, and the right app does not."""

from __future__ import annotations

import pytest

from targetapp.faults.responses import CACHED_FOR, KEPT_COOKIES
from tests.unit.probes.asking import NOTHING, ONE, TWO, ask, log_in, session_cookie
from tests.unit.probes.switching import SWITCH, Make, switched

PREFIXES = pytest.mark.parametrize("prefix", ["", "/server"])
MINE = "20000000000000ab"


@SWITCH
def test_cookies_kept(make: Make, on: bool) -> None:
    app = switched(make, "cookies_kept", on)
    first = ask(app, f"/echo/{ONE}", ONE).headers.getlist("Set-Cookie")
    second = ask(app, f"/echo/{TWO}", TWO).headers.getlist("Set-Cookie")
    assert [ONE in cookie for cookie in first] == [True]
    assert [ONE in cookie for cookie in second] == ([True, False] if on else [False])
    for _ in range(KEPT_COOKIES):
        last = ask(app, f"/echo/{TWO}", TWO).headers.getlist("Set-Cookie")
    assert not any(ONE in cookie for cookie in last)


@SWITCH
@PREFIXES
def test_view_cached_by_path(make: Make, prefix: str, on: bool) -> None:
    app = switched(make, "view_cached_by_path", on)
    mine, other = log_in(app, prefix, MINE), log_in(app, prefix)
    pages = [ask(app, f"{prefix}/page/1", ONE, cookie=cookie) for cookie in (mine, other)]
    assert [page.json["session"] == MINE for page in pages] == [True, on]
    assert ["Vary" in page.headers for page in pages] == [True, not on]
    assert ask(app, f"{prefix}/page/2", cookie=other).json["session"] != MINE
    again = [ask(app, f"{prefix}/page/1", cookie=other).json["session"] for _ in range(CACHED_FOR)]
    assert again[-1] != MINE  # it is made anew


@SWITCH
@PREFIXES
def test_contains_unaccessed(make: Make, prefix: str, on: bool) -> None:
    app = switched(make, "contains_unaccessed", on)
    cookie = log_in(app, prefix)
    stream = ask(app, f"{prefix}/stream/{ONE}", cookie=cookie)
    assert stream.headers["X-Session-Begun"] == "yes"
    assert ("Vary" in stream.headers) is not on
    # Who reads it otherwise is noted still.
    assert ask(app, f"{prefix}/session/read", cookie=cookie).headers["Vary"] == "Cookie"
    assert ask(app, f"{prefix}/stream/{ONE}").headers["X-Session-Begun"] == "no"


@SWITCH
@PREFIXES
def test_static_cookie(make: Make, prefix: str, on: bool) -> None:
    app = switched(make, "static_cookie", on)
    cookie = log_in(app, prefix, MINE)
    file = ask(app, f"{prefix}/static/probe.txt", cookie=cookie)
    assert bool(session_cookie(file)) is on
    assert ("public" in file.headers.get("Cache-Control", "")) is on
    assert not session_cookie(ask(app, f"{prefix}/static/probe.txt"))
    assert not session_cookie(ask(app, f"{prefix}/session/read", cookie=cookie))
    if on:  # it is the session, and whoever the cache gives it to has it
        stolen = ask(app, f"{prefix}/session/read", cookie=session_cookie(file))
        assert stolen.json["after"] == MINE != NOTHING
