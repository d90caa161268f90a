"""A call is what a server makes of the same bytes; what is wrong with an app or a question is one line."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import pytest

from harness.load.connections import NoResponseError
from harness.plugin.asking import Asked, AskedWrongError
from harness.plugin.calling import CallingConnection, call, make_environ
from harness.plugin.naming import name_app

REQUEST = (
    b"POST /a%20b/%C3%A4?x=1&y=%41 HTTP/1.1\r\nHost: shop.test:81\r\nX-A: 1\r\nX-A: 2\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody"
)


def test_an_environ_is_that_of_pep_3333() -> None:
    environ = make_environ(REQUEST)
    assert environ["REQUEST_METHOD"] == "POST"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/a b/ä"
    assert environ["QUERY_STRING"] == "x=1&y=%41"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("shop.test", "81")
    assert environ["HTTP_X_A"] == "1,2"
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/plain", "4")
    assert environ["wsgi.input"].read() == b"body"


class Body:
    """Counts how often it is closed."""

    def __init__(self, *, fails: bool = False) -> None:
        self.closed = 0
        self._fails = fails

    def __iter__(self) -> Iterator[bytes]:
        yield b"two"
        if self._fails:
            raise ConnectionResetError

    def close(self) -> None:
        self.closed += 1


def answering(body: Body) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> Body:
        start_response("201 Made", [("X-Y", "z")])(b"one ")
        return body

    return app


def test_an_answer_is_read_to_the_end_and_closed_once() -> None:
    body = Body()
    connection = CallingConnection(answering(body), 1)
    connection.open()
    connection.send(REQUEST, ("POST",))
    response = connection.receive()
    assert (response.status, response.reason, response.body) == (201, "Made", b"one two")
    assert response.headers == (("x-y", "z"),)
    assert body.closed == 1


def test_an_answer_that_is_cut_off_is_closed_once_too() -> None:
    body = Body(fails=True)
    with pytest.raises(NoResponseError, match="cut off by ConnectionResetError"):
        call(answering(body), make_environ(REQUEST))
    assert body.closed == 1


def test_an_app_that_never_starts_a_response() -> None:
    with pytest.raises(NoResponseError, match="never called start_response"):
        call(lambda environ, start_response: [b"x"], make_environ(REQUEST))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Asked(worker_model="process"), "needs a server"),
        (Asked(worker_model="fibre"), "there is no worker_model 'fibre'"),
        (Asked(worker_model="greenlet", http=True), "leave http=True out"),
        (Asked(operations=0), "operations=0: give at least 1"),
        (Asked(clients=1), "it takes two callers"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(asked: Asked, words: str) -> None:
    with pytest.raises(AskedWrongError, match=words) as raised:
        asked.verify()
    assert "\n" not in str(raised.value)


def test_the_defaults_make_sense() -> None:
    Asked().verify()


def test_an_app_is_found_by_the_module_that_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("seeded_store.wsgi")
    module.__file__ = "/srv/seeded_store/wsgi.py"
    module.application = object()
    monkeypatch.setitem(__import__("sys").modules, "seeded_store.wsgi", module)
    assert name_app(module.application) == "seeded_store.wsgi:application"
    assert name_app("shop:app") == "shop:app"


class NamingItself:
    """As Flask does."""

    def __init__(self, import_name: str) -> None:
        self.import_name = import_name


@pytest.mark.parametrize(
    ("holders", "says", "name"),
    [
        ({"conftest": "tests/conftest.py", "zoo_app": "/srv/zoo_app.py"}, "zoo_app", "/srv/zoo_app.py:app"),
        ({"conftest": "tests/conftest.py", "zoo_app": "/srv/zoo_app.py"}, "nowhere", "/srv/zoo_app.py:app"),
        ({"tests.test_a": "t/test_a.py", "zoo.wsgi": "/srv/zoo/wsgi.py"}, "nowhere", "zoo.wsgi:app"),
        ({"an_other": "/srv/an_other.py", "zoo.wsgi": "/srv/zoo/wsgi.py"}, "zoo", "zoo.wsgi:app"),
        ({"test_zoo": "/srv/test_zoo.py", "zoo_app": "/srv/zoo_app.py"}, "test_zoo", "/srv/test_zoo.py:app"),
        ({"zoo": "/srv/zoo/__init__.py"}, "zoo", "zoo:app"),
        ({"test_zoo": "/srv/test_zoo.py"}, "nowhere", "/srv/test_zoo.py:app"),
    ],
)
def test_the_module_that_makes_an_app_names_it_before_those_that_borrow_it(
    monkeypatch: pytest.MonkeyPatch, holders: dict[str, str], says: str, name: str
) -> None:
    app = NamingItself(says)
    for holder, file in holders.items():
        module: Any = types.ModuleType(holder)
        module.__file__, module.app = file, app
        monkeypatch.setitem(__import__("sys").modules, holder, module)
    assert name_app(app) == name


def test_an_app_that_no_module_holds() -> None:
    with pytest.raises(AskedWrongError, match="give its name"):
        name_app(object())
