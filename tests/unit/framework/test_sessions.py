"""Sessions in signed cookies: what is read, changed, sent, refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import flask
import pytest
from markupsafe import Markup

from targetapp import (
    App,
    NullSession,
    SecureCookieSession,
    SessionInterface,
    flash,
    get_flashed_messages,
    request,
    session,
)
from targetapp.framework.tagged_json import TaggedJSON


def make_app(view: Callable[[], Any], **config: Any) -> App:
    app = App("sessions", static_folder=None)
    app.config.update({"SECRET_KEY": "key", **config})
    app.add_url_rule("/", "view", view)
    return app


def headers_of(
    view: Callable[[], Any], content: dict[str, Any] | None = None, **config: Any
) -> tuple[str, str]:
    """Return Vary and the last Set-Cookie of a request whose session held *content*."""
    client = make_app(view, **config).test_client()
    if content:
        with client.session_transaction() as opened:
            opened.update(content)
    response = client.get("/")
    cookies = response.headers.getlist("Set-Cookie")
    assert len(cookies) <= 1
    return response.headers.get("Vary", ""), cookies[0] if cookies else ""


def do(action: Callable[[Any], Any]) -> Callable[[], str]:
    """Return a view that does something with the session."""
    return lambda: (action(session), "body")[1]


READS: dict[str, Callable[[Any], Any]] = {
    "get": lambda s: s.get("x"),
    "item": lambda s: s["x"],
    "in": lambda s: "x" in s,
    "len": len,
    "bool": bool,
    "iteration": list,
    "keys": lambda s: s.keys(),
    "values": lambda s: s.values(),
    "items": lambda s: s.items(),
    "dict": dict,
    "copy": lambda s: s.copy(),
    "equality": lambda s: s == {},
    "union": lambda s: s | {},
    "permanent": lambda s: s.permanent,
    "pop of nothing": lambda s: s.pop("nothing", None),
    "setdefault of something": lambda s: s.setdefault("x"),
}
CHANGES: dict[str, Callable[[Any], Any]] = {
    "item": lambda s: s.__setitem__("y", 1),
    "del": lambda s: s.__delitem__("x"),
    "update": lambda s: s.update(y=1),
    "pop": lambda s: s.pop("x"),
    "popitem": lambda s: s.popitem(),
    "clear": lambda s: s.clear(),
    "setdefault": lambda s: s.setdefault("y", 1),
    "ior": lambda s: s.__ior__({"y": 1}),
    "permanent": lambda s: setattr(s, "permanent", True),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_read_is_noted_and_sends_no_cookie(read: Callable[[Any], Any]) -> None:
    assert headers_of(do(read), {"x": 1}) == ("Cookie", "")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_sends_the_cookie(change: Callable[[Any], Any]) -> None:
    vary, cookie = headers_of(do(change), {"x": 1})
    assert vary == "Cookie"
    assert cookie.startswith("session=")


def test_who_does_not_look_says_nothing() -> None:
    assert headers_of(lambda: "body", {"x": 1}) == ("", "")


def test_looking_from_outside_is_not_reading() -> None:
    opened = SecureCookieSession({"canary": 1})
    assert dict.get(opened, "canary") == 1
    assert (opened.accessed, opened.modified) == (False, False)


@pytest.mark.parametrize(("refresh", "cookie"), [(True, True), (False, False)])
def test_a_permanent_session_is_refreshed_and_varies(refresh: bool, cookie: bool) -> None:
    vary, sent = headers_of(lambda: "body", {"_permanent": True}, SESSION_REFRESH_EACH_REQUEST=refresh)
    assert bool(vary) == bool(sent) == cookie
    assert ("Expires=" in sent) == cookie


def test_vary_is_added_to_what_the_view_says() -> None:
    def view() -> Any:
        _ = session.get("x")
        return "body", {"Vary": "Accept"}

    assert headers_of(view)[0] == "Accept, Cookie"


def test_an_emptied_session_removes_its_cookie() -> None:
    _, cookie = headers_of(do(lambda s: s.clear()), {"x": 1}, SESSION_COOKIE_SAMESITE="Lax")
    assert "Max-Age=0" in cookie
    assert "SameSite=Lax" in cookie


def test_a_session_that_was_never_filled_sets_nothing() -> None:
    assert headers_of(do(len)) == ("Cookie", "")


def test_settings_of_the_cookie() -> None:
    _, cookie = headers_of(
        do(lambda s: s.update(x=1)),
        SESSION_COOKIE_NAME="mine",
        SESSION_COOKIE_DOMAIN="example.com",
        SESSION_COOKIE_PATH="/part",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_PARTITIONED=True,
    )
    name, *parts = cookie.split("; ")
    assert name.startswith("mine=")
    wanted = {"Domain=example.com", "Path=/part", "Secure", "HttpOnly", "SameSite=Strict", "Partitioned"}
    assert set(parts) == wanted


def signed(app: App, content: Any) -> str:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return str(serializer.dumps(content))


def read_with(app: App, cookie: str) -> Any:
    client = app.test_client()
    client.set_cookie("session", cookie)
    return client.get("/").json


def test_keys_forged_rotated_and_gone() -> None:
    old = make_app(lambda: dict(session), SECRET_KEY="old")
    cookie = signed(old, {"x": 1})
    assert read_with(old, cookie) == {"x": 1}
    assert read_with(old, f"x{cookie}") == {}
    assert read_with(old, "nonsense") == {}
    assert read_with(make_app(lambda: dict(session), SECRET_KEY="new"), cookie) == {}
    rotated = make_app(lambda: dict(session), SECRET_KEY="new", SECRET_KEY_FALLBACKS=["older", "old"])
    assert read_with(rotated, cookie) == {"x": 1}
    assert read_with(old, signed(rotated, {"x": 1})) == {}


def test_the_key_may_change_while_the_app_runs() -> None:
    app = make_app(lambda: dict(session), SECRET_KEY="one")
    cookie = signed(app, {"x": 1})
    app.secret_key = "two"
    assert read_with(app, cookie) == {}
    app.config["SECRET_KEY_FALLBACKS"] = ["one"]
    assert read_with(app, cookie) == {"x": 1}


def test_an_old_cookie_is_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(lambda: dict(session), PERMANENT_SESSION_LIFETIME=60)
    cookie = signed(app, {"x": 1})
    assert read_with(app, cookie) == {"x": 1}
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(seconds=-1)
    assert read_with(app, cookie) == {}


@pytest.mark.parametrize(
    "keys", [{"SECRET_KEY": 7}, {"SECRET_KEY_FALLBACKS": [None]}, {"SECRET_KEY_FALLBACKS": "one"}]
)
def test_a_wrong_key_says_so(keys: dict[str, Any]) -> None:
    app = make_app(lambda: "body", **keys)
    app.testing = True
    with pytest.raises(TypeError, match="SECRET_KEY"):
        app.test_client().get("/")


def test_without_a_key_there_is_an_empty_session_that_can_t_be_changed() -> None:
    seen: list[Any] = []

    def view() -> str:
        seen.append((session.get("x"), isinstance(session._get_current_object(), NullSession)))  # type: ignore[attr-defined]
        session["x"] = 1
        return "body"

    app = make_app(view, SECRET_KEY=None, TESTING=True)
    with pytest.raises(RuntimeError, match="no secret key"):
        app.test_client().get("/")
    assert seen == [(None, True)]


VALUES = {
    "text": "x",
    "number": 1.5,
    "none": None,
    "nested": {"a": [1, {"b": True}]},
    "tuple": (1, (2, "x")),
    "bytes": b"\x00\xff",
    "markup": Markup("<b>"),
    "uuid": UUID(int=7),
    "date": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "looks like a tag": {" t": [1]},
    "looks like a tag of a tag": {" di": {" t": 1}},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_what_a_session_keeps(value: Any) -> None:
    kept = TaggedJSON().loads(TaggedJSON().dumps({"x": value}))["x"]
    assert kept == value
    assert type(kept) is type(value)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_flask_reads_and_writes_the_same_cookie(value: Any) -> None:
    theirs = flask.Flask("theirs", static_folder=None)
    theirs.secret_key = "key"
    serializer: Any = theirs.session_interface.get_signing_serializer(theirs)  # type: ignore[attr-defined]
    with theirs.app_context():
        cookie = serializer.dumps({"x": value})
        ours = signed(make_app(lambda: "body"), {"x": value})
        assert serializer.loads(ours)["x"] == value
        assert ours.split(".")[:-2] == cookie.split(".")[:-2]
    app = make_app(lambda: "body")
    assert app.session_interface.get_signing_serializer(app).loads(cookie)["x"] == value  # type: ignore[attr-defined]


def test_flashed_messages() -> None:
    def view() -> Any:
        if request.args:
            flash("one")
            flash("two", "error")
        once = get_flashed_messages(with_categories=True)
        assert once == get_flashed_messages(with_categories=True)
        return {"all": get_flashed_messages(), "errors": get_flashed_messages(category_filter=["error"])}

    app = make_app(view)
    client = app.test_client()
    with client.session_transaction() as opened:
        opened["_flashes"] = [("message", "before")]
    assert client.get("/?flash").json == {"all": ["before", "one", "two"], "errors": ["two"]}
    assert client.get("/").json == {"all": [], "errors": []}


def test_session_transaction_misused() -> None:
    app = make_app(lambda: "body", SECRET_KEY=None)

    class Nothing(SessionInterface):
        def open_session(self, app: Any, request: Any) -> None:
            return None

    with (
        pytest.raises(TypeError, match="use_cookies"),
        app.test_client(use_cookies=False).session_transaction(),
    ):
        pass
    app.session_interface = Nothing()
    with pytest.raises(RuntimeError, match="secret_key"), app.test_client().session_transaction():
        pass


def test_an_interface_of_its_own() -> None:
    saved: list[Any] = []

    class Own(SessionInterface):
        def open_session(self, app: Any, request: Any) -> Any:
            return SecureCookieSession({"path": request.path})

        def save_session(self, app: Any, session: Any, response: Any) -> None:
            saved.append(dict(session))

    app = make_app(lambda: session["path"])
    app.session_interface = Own()
    assert app.test_client().get("/").text == "/"
    assert saved == [{"path": "/"}]
