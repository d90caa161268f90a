"""The test client: contexts kept in a ``with`` block, sessions opened from outside, and g."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import EnvironBuilder as WerkzeugEnvironBuilder

from targetapp import App, Config, current_app, g, has_request_context, redirect, request, session
from targetapp.framework.namespace import AppGlobals
from targetapp.framework.testing import EnvironBuilder


@pytest.fixture
def app() -> App:
    app = App("client", static_folder=None)
    app.secret_key = "key"
    app.extensions["torn"] = []

    @app.route("/", methods=["GET", "POST"])
    def view() -> Any:
        g.x = request.path
        session["seen"] = session.get("seen", 0) + 1
        return {"seen": session["seen"], "agent": request.user_agent.string, "addr": request.remote_addr}

    app.add_url_rule("/error", "error", lambda: 1 / 0)
    app.add_url_rule("/moved", "moved", lambda: redirect("/"))
    app.add_url_rule(
        "/echo", "echo", lambda: f"{request.full_path} {request.get_data(as_text=True)}", methods=["POST"]
    )
    app.teardown_request(lambda exc: app.extensions["torn"].append(type(exc).__name__))
    return app


def test_contexts_are_kept_until_the_next_request_or_the_end(app: App) -> None:
    torn = app.extensions["torn"]
    with app.test_client() as client:
        client.get("/")
        assert (request.path, g.x, session["seen"], current_app.name) == ("/", "/", 1, "client")
        assert torn == ["NoneType"]
        client.get("/")
        assert torn == ["NoneType"] * 3  # as in Flask 3.1.3: what is pushed again is torn down again
        assert session["seen"] == 2
    assert torn == ["NoneType"] * 4
    assert not has_request_context()


def test_after_an_error_that_reaches_the_test(app: App) -> None:
    app.testing = True
    with app.test_client() as client:
        with pytest.raises(ZeroDivisionError):
            client.get("/error")
        assert not has_request_context()
        client.get("/")
        assert request.path == "/"
    assert app.extensions["torn"] == ["ZeroDivisionError", "NoneType", "NoneType", "NoneType"]
    assert not has_request_context()


def test_redirects_are_followed(app: App) -> None:
    with app.test_client() as client:
        assert client.get("/moved", follow_redirects=True).get_json()["seen"] == 1
        assert request.path == "/"


def test_defaults(app: App) -> None:
    client = app.test_client()
    answer = client.get("/").get_json()
    assert answer["addr"] == "127.0.0.1"
    assert answer["agent"].startswith("Werkzeug/")
    client.environ_base["REMOTE_ADDR"] = "127.0.0.9"
    assert client.get("/").get_json() == {**answer, "addr": "127.0.0.9", "seen": 2}


def test_ways_to_ask(app: App) -> None:
    client = app.test_client()
    builder = EnvironBuilder(app, "/echo?a=1", method="POST", data="x")
    plain = WerkzeugEnvironBuilder("/echo?a=1", method="POST", data="x")
    asked = [
        client.open("/echo?a=1", method="POST", data="x"),
        client.post("http://localhost/echo?a=1", data="x"),
        client.open(builder),
        client.open(plain),
        client.open(EnvironBuilder(app, "/echo?a=1", method="POST", data="x").get_environ()),
        client.open(EnvironBuilder(app, "/echo?a=1", method="POST", data="x").get_request()),
    ]
    assert [response.text for response in asked] == ["/echo?a=1 x"] * 6


def test_json_of_the_app(app: App) -> None:
    with app.test_request_context("/", method="POST", json={"b": 1, "a": None}):
        assert request.get_json() == {"a": None, "b": 1}
        assert request.get_data() == b'{"a": null, "b": 1}'


def test_where_the_app_is(app: App) -> None:
    app.config.update(SERVER_NAME="app.test:99", APPLICATION_ROOT="/mount", PREFERRED_URL_SCHEME="https")
    with app.test_request_context("/x?q=1"):
        assert request.url == "https://app.test:99/mount/x?q=1"
    with app.test_request_context("/x", subdomain="sub", url_scheme="http"):
        assert request.url == "http://sub.app.test:99/mount/x"
    with app.test_request_context("http://other.test/x"):
        assert request.url == "http://other.test/mount/x"
    with app.app_context():
        assert app.url_for("view") == "https://app.test:99/mount/"


def test_a_session_from_outside(app: App) -> None:
    client = app.test_client()
    with client.session_transaction() as opened:
        opened["seen"] = 41
    assert client.get("/").get_json()["seen"] == 42
    with client.session_transaction() as opened:
        assert opened["seen"] == 42
        del opened["seen"]
    assert client.get_cookie("session") is None
    assert client.get("/").get_json()["seen"] == 1


def test_g_is_a_namespace() -> None:
    namespace = AppGlobals()
    namespace.x = 1
    assert namespace.__dict__ == {"x": 1}
    assert (namespace.get("x"), namespace.get("y"), namespace.get("y", 2)) == (1, None, 2)
    assert "x" in namespace
    assert list(namespace) == ["x"]
    assert namespace.setdefault("y", 3) == 3
    assert (namespace.pop("y"), namespace.pop("y", None)) == (3, None)
    assert repr(namespace) == "<g {'x': 1}>"
    with pytest.raises(KeyError):
        namespace.pop("y")
    del namespace.x
    with pytest.raises(AttributeError, match=r"'x'.*set it first"):
        _ = namespace.x


def test_configuration() -> None:
    config = Config()
    assert config.from_mapping({"DEBUG": True, "lower": 1}, TESTING=True)
    assert (config["DEBUG"], config["TESTING"], "lower" in config) == (True, True, False)
    assert Config()["DEBUG"] is False
