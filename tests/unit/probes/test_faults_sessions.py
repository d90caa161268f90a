"""Each fault of the session stores does what its row says, and the right store does not."""

from __future__ import annotations

from tests.unit.probes.asking import NOTHING, ask, log_in
from tests.unit.probes.switching import SWITCH, Make, switched

MINE, OTHER = "20000000000000ab", "20000000000000cd"


@SWITCH
def test_sid_empty_key(make: Make, on: bool) -> None:
    app = switched(make, "sid_empty_key", on)
    mine, other = log_in(app, "/server", MINE), log_in(app, "/server", OTHER)
    seen = [ask(app, "/server/session/read", cookie=cookie).json["after"] for cookie in (mine, other)]
    assert seen == [OTHER if on else MINE, OTHER]
    # Neither nobody nor an id that was made up has that session, and one in a cookie is not touched.
    assert ask(app, "/server/session/read").json["after"] == NOTHING
    assert ask(app, "/server/session/read", cookie="sid=made-up").json["after"] == NOTHING
    cookies = [log_in(app, "", session) for session in (MINE, OTHER)]
    assert [ask(app, "/session/read", cookie=cookie).json["after"] for cookie in cookies] == [MINE, OTHER]
