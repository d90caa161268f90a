"""Sessions on the server: ids nobody chooses, and requests at the same time that lose nothing."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from targetapp import App, has_request_context, session
from targetapp.framework.session_store import SessionStoreError, SQLiteStore
from targetapp.framework.sqlite_sessions import SQLiteSession, SQLiteSessionInterface


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = App("server-side", static_folder=None)
    app.secret_key = "key"
    interface = SQLiteSessionInterface(tmp_path / "sessions.sqlite3")
    app.session_interface = interface

    @app.get("/add/<item>")
    def add(item: str) -> Any:
        session.setdefault("log", []).append(item)
        return "ok"

    @app.get("/nested/<item>")
    def nested(item: str) -> Any:
        session["log"].append(item)  # a plain session would not see it
        return "ok"

    @app.get("/set/<key>/<value>")
    def set_key(key: str, value: str) -> Any:
        session[key] = value
        return "ok"

    @app.get("/read")
    def read() -> Any:
        return dict(session)

    @app.get("/untouched")
    def untouched() -> Any:
        return "ok"

    @app.get("/clear")
    def clear() -> Any:
        session.clear()
        return "ok"

    @app.get("/renew")
    def renew() -> Any:
        opened: Any = session
        opened.renew()
        opened["renewed"] = True
        return "ok"

    yield app
    interface.store.close()


def store_of(app: App) -> SQLiteStore:
    interface = app.session_interface
    assert isinstance(interface, SQLiteSessionInterface)
    return interface.store


def rows(app: App) -> int:
    connection = sqlite3.connect(store_of(app).path)
    try:
        return int(connection.execute("SELECT count(*) FROM sessions").fetchone()[0])
    finally:
        connection.close()


def with_cookie(app: App, cookie: str) -> Any:
    client = app.test_client()
    client.set_cookie("session", cookie)
    return client


def cookie_of(client: Any) -> str:
    return str(client.get_cookie("session").value)


def test_written_and_read_back(app: App) -> None:
    client = app.test_client()
    response = client.get("/add/a")
    assert response.headers["Vary"] == "Cookie"
    assert "HttpOnly" in response.headers["Set-Cookie"]
    assert client.get("/add/b").status_code == 200
    response = client.get("/read")
    assert response.get_json() == {"log": ["a", "b"]}
    assert response.headers["Vary"] == "Cookie"
    assert "Set-Cookie" not in response.headers


def test_a_change_inside_a_stored_list_is_seen(app: App) -> None:
    client = app.test_client()
    client.get("/add/a")
    client.get("/nested/b")
    assert client.get("/read").get_json() == {"log": ["a", "b"]}


def test_an_untouched_session_costs_nothing(app: App) -> None:
    client = app.test_client()
    response = client.get("/untouched")
    assert "Set-Cookie" not in response.headers
    assert "Vary" not in response.headers
    client.get("/read")
    assert rows(app) == 0


def unknown(app: App) -> str:
    """Return a rightly signed id that the store does not know."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return str(serializer.dumps("known-to-nobody"))


def empty(app: App) -> str:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return str(serializer.dumps(""))


@pytest.mark.parametrize("forge", [unknown, empty, lambda _: "chosen", lambda app: unknown(app)[:-2]])
def test_an_unknown_id_is_replaced(app: App, forge: Callable[[App], str]) -> None:
    cookie = forge(app)
    client = with_cookie(app, cookie)
    client.get("/add/mine")
    assert cookie_of(client) != cookie
    assert with_cookie(app, cookie).get("/read").get_json() == {}
    assert client.get("/read").get_json() == {"log": ["mine"]}


def test_an_expired_session_is_unknown(app: App) -> None:
    client = app.test_client()
    client.get("/add/a")
    cookie = cookie_of(client)
    connection = sqlite3.connect(store_of(app).path)
    connection.execute("UPDATE sessions SET expires_s = ?", (time.time() - 1,))
    connection.commit()
    connection.close()
    assert client.get("/read").get_json() == {}
    client.get("/add/b")
    assert cookie_of(client) != cookie
    assert client.get("/read").get_json() == {"log": ["b"]}


def test_a_cleared_session_is_gone(app: App) -> None:
    client = app.test_client()
    client.get("/add/a")
    cookie = cookie_of(client)
    assert "Max-Age=0" in client.get("/clear").headers["Set-Cookie"]
    assert rows(app) == 0
    assert with_cookie(app, cookie).get("/read").get_json() == {}


def test_a_renewed_session_has_a_new_id_and_its_content(app: App) -> None:
    client = app.test_client()
    client.get("/add/a")
    cookie = cookie_of(client)
    client.get("/renew")
    assert cookie_of(client) != cookie
    assert client.get("/read").get_json() == {"log": ["a"], "renewed": True}
    assert with_cookie(app, cookie).get("/read").get_json() == {}
    assert rows(app) == 1


def test_without_a_key_there_is_no_session(app: App) -> None:
    app.secret_key = None
    app.testing = True
    with pytest.raises(RuntimeError, match="no secret key"):
        app.test_client().get("/add/a")


# -- at the same time --------------------------------------------------------------------------


def together(app: App, cookie: str, paths: list[str]) -> None:
    """Make the requests so that all have opened the session before any saves it."""
    barrier = threading.Barrier(len(paths))
    app.before_request_funcs[None].append(lambda: (barrier.wait(10), None)[1])
    errors: list[BaseException] = []

    def get(path: str) -> None:
        try:
            assert with_cookie(app, cookie).get(path).status_code == 200
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=get, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.before_request_funcs[None].clear()
    assert errors == []


def test_writers_at_the_same_time_lose_nothing(app: App) -> None:
    client = app.test_client()
    client.get("/add/first")
    paths = [f"/add/{n}" for n in range(6)] + [f"/set/k{n}/{n}" for n in range(3)]
    together(app, cookie_of(client), paths)
    content = client.get("/read").get_json()
    assert content["log"][0] == "first"
    assert sorted(content["log"][1:]) == [str(n) for n in range(6)]
    assert {key: content[key] for key in ("k0", "k1", "k2")} == {"k0": "0", "k1": "1", "k2": "2"}


def test_writers_on_greenlets_lose_nothing(app: App) -> None:
    client = app.test_client()
    client.get("/add/first")
    cookie = cookie_of(client)
    app.before_request_funcs[None].append(lambda: gevent.sleep(0))
    gevent.joinall(
        [gevent.spawn(with_cookie(app, cookie).get, f"/add/{n}") for n in range(6)], raise_error=True
    )
    assert sorted(client.get("/read").get_json()["log"]) == [*"012345", "first"]


def test_a_logout_is_final(app: App) -> None:
    client = app.test_client()
    client.get("/add/first")
    cookie = cookie_of(client)
    together(app, cookie, ["/add/late", "/clear"])
    assert with_cookie(app, cookie).get("/read").get_json() == {}
    assert rows(app) == 0


def test_saving_again_after_an_error_appends_once(app: App) -> None:
    client = app.test_client()
    client.get("/add/first")
    interface = app.session_interface
    save = interface.save_session
    calls = []

    def twice(*args: Any) -> None:
        save(*args)
        calls.append(1)
        with_cookie(app, cookie_of(client)).get("/add/between") if len(calls) == 1 else None
        save(*args)

    interface.save_session = twice  # type: ignore[assignment, method-assign]
    client.get("/add/second")
    interface.save_session = save  # type: ignore[method-assign]
    assert client.get("/read").get_json() == {"log": ["first", "second", "between"]}


# -- the store ---------------------------------------------------------------------------------


def test_a_permanent_session_is_refreshed_without_writing_each_time(app: App) -> None:
    client = app.test_client()
    with client.session_transaction() as opened:
        opened["_permanent"] = True
    assert "Set-Cookie" in client.get("/untouched").headers
    touched: list[str] = []
    store = store_of(app)
    touch = store.touch

    def noting(session_id: str, expires_s: float) -> None:
        touched.append(session_id)
        touch(session_id, expires_s)

    store.touch = noting  # type: ignore[method-assign]
    client.get("/untouched")
    assert touched == []
    app.config["PERMANENT_SESSION_LIFETIME"] = app.permanent_session_lifetime * 2
    client.get("/untouched")
    assert len(touched) == 1


def test_expired_sessions_are_removed_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("targetapp.framework.session_store._PURGE_EVERY", 2)
    store = SQLiteStore(tmp_path / "purge.sqlite3")
    store.create("old", "{}", expires_s=10.0, now_s=5.0)
    assert store.load("old", 5.0) == ("{}", 10.0)
    store.create("new", "{}", expires_s=30.0, now_s=20.0)
    assert store.load("old", 5.0) is None
    assert store.load("new", 20.0) == ("{}", 30.0)
    store.close()


def test_a_failed_change_leaves_nothing_behind(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "failed.sqlite3")
    store.create("a", "{}", 10.0, 0.0)

    def fail(_: str) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.update("a", fail, 20.0)
    assert store.load("a", 0.0) == ("{}", 10.0)
    assert store.update("a", lambda _: '{"x":1}', 20.0) == '{"x":1}'
    assert store.update("nobody", fail, 20.0) is None
    store.close()


@pytest.mark.parametrize("spoil", [lambda p: p.write_text("no database" * 100), lambda p: p.mkdir()])
def test_an_unusable_file_is_named(tmp_path: Path, spoil: Callable[[Path], Any]) -> None:
    path = tmp_path / "spoilt"
    spoil(path)
    with pytest.raises(SessionStoreError, match="spoilt can't be used"):
        SQLiteSessionInterface(path)


def test_only_its_own_sessions_are_saved(app: App) -> None:
    with app.test_request_context(), pytest.raises(TypeError, match="its own sessions"):
        app.session_interface.save_session(app, {}, app.response_class())  # type: ignore[arg-type]
    assert isinstance(SQLiteSession("id"), dict)
    assert not has_request_context()
