"""A client sends one Cookie header, whatever is given: what is given joins its own cookies."""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.load.recording import Recorder
from harness.load.visitor import Identity
from harness.plugin.callers import CallingCaller
from harness.workload.routes import read_requests

OTHER: Morsel[str] = Morsel()


@pytest.mark.parametrize(
    ("headers", "first", "second"),
    [
        ((), {"canary"}, {"canary", "session"}),
        (
            (("Cookie", "session=given; lang=de"),),
            {"canary", "session", "lang"},
            {"canary", "session", "lang"},
        ),
    ],
)
def test_cookies_are_one_header(
    tmp_path: Path, headers: tuple[tuple[str, str], ...], first: set[str], second: set[str]
) -> None:
    seen: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ["HTTP_COOKIE"])
        start_response("200 OK", [("Set-Cookie", "session=own; Path=/")])
        return [b""]

    journal = JournalWriter(tmp_path / "0.journal", Side.CLIENT, 1, 1 << 20)
    caller = CallingCaller(app, Identity(1, 0, 0), read_requests("GET /"), Recorder(journal), headers)
    # The first visit is never one without cookies; of the others some are.
    while len(seen) < 2 or SimpleCookie(seen[-1]).get("session", OTHER).value != "own":
        caller.step()
        assert len(seen) < 50
    journal.close()
    assert set(SimpleCookie(seen[0])) == first
    assert set(SimpleCookie(seen[-1])) == second
    assert "," not in "".join(seen)
