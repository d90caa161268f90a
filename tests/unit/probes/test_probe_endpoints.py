"""What each probe returns, as docs/probes.md says; through the app, without a server."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from targetapp.framework import App, has_request_context, teardown
from targetapp.probes import errors, look
from tests.unit.probes.asking import NOTHING, ONE, TWO, ask, log_in, meet, session_cookie, together

BOTH = pytest.mark.parametrize("prefix", ["", "/server"])


@pytest.fixture
def looks() -> Iterator[list[str]]:
    found: list[str] = []
    look.install(found.append)
    yield found
    look.install(None)


@BOTH
def test_echo_reads_everything_twice_around_the_pause(app: App, prefix: str, looks: list[str]) -> None:
    response = ask(app, f"{prefix}/echo/{ONE}", environ_base={"REMOTE_ADDR": "127.0.0.9"})
    expected = {
        "path": ONE,
        "query": ONE,
        "form": None,
        "json": None,
        "header": ONE,
        "cookie": ONE,
        "remote_addr": "127.0.0.9",
        "g": ONE,
        "session": NOTHING,
    }
    assert response.json == {"before": expected, "after": expected}
    assert looks == ["view_before_yield", "view_after_yield"]
    assert f"canary_echo={ONE}; Path=/" in response.headers.getlist("Set-Cookie")
    assert "Cookie" in response.headers["Vary"]


def test_echo_reads_a_form_and_a_json_body(app: App) -> None:
    form = ask(app, f"/echo/{ONE}", method="POST", data={"canary": TWO}).json
    assert form["after"]["form"] == TWO
    assert form["after"]["json"] is None
    json = ask(app, f"/echo/{ONE}", method="POST", json={"canary": TWO}).json
    assert json["after"]["json"] == TWO
    assert json["after"]["form"] is None
    assert ask(app, f"/echo/{ONE}", method="POST", json=[1]).json["after"]["json"] is None


def test_two_echoes_in_flight_keep_to_themselves(app: App) -> None:
    meet()
    one, two = together(lambda: ask(app, f"/echo/{ONE}"), lambda: ask(app, f"/echo/{TWO}", TWO))
    for response, own in ((one, ONE), (two, TWO)):
        assert response.json["after"]["header"] == response.json["after"]["g"] == own


def test_every_response_says_whose_request_and_g_it_was_made_with(app: App) -> None:
    for path, status in ((f"/echo/{ONE}", 200), ("/nowhere", 404), (f"/unhandled-error/{ONE}", 500)):
        response = ask(app, path)
        assert response.status_code == status
        assert response.headers["X-Canary-Echo"] == ONE
        assert response.headers["X-Canary-G"] == ONE
        assert response.headers["X-Canary-G-Found"] == NOTHING


def test_a_request_without_a_canary_marks_nothing(app: App) -> None:
    response = app.test_client().get("/ids")
    assert response.headers["X-Canary-Echo"] == ""
    assert response.headers["X-Canary-G"] == NOTHING


@pytest.mark.parametrize("pause", ["-5", "x", "0", "99999999"])
def test_a_pause_is_bounded(app: App, pause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(look, "sleep", slept.append)
    assert ask(app, f"/echo/{ONE}", query={"pause_ms": pause}).status_code == 200
    assert slept == [1.0 if pause == "99999999" else 0.0]


@BOTH
def test_a_session_is_begun_appended_to_and_read_back(app: App, prefix: str) -> None:
    cookie = log_in(app, prefix, "20000000000000aa")
    first = ask(app, f"{prefix}/session/append", ONE, "POST", cookie)
    cookie = session_cookie(first) or cookie
    second = ask(app, f"{prefix}/session/append", TWO, "POST", cookie)
    assert first.json["log"] == [ONE]
    assert second.json == {
        "query": TWO,
        "before": "20000000000000aa",
        "after": "20000000000000aa",
        "log": [ONE, TWO],
    }
    read = ask(app, f"{prefix}/session/read", cookie=session_cookie(second) or cookie)
    assert read.json["log"] == [ONE, TWO]
    assert not session_cookie(read)


def test_a_session_belongs_to_the_store_its_path_names(app: App) -> None:
    cookie, sid = log_in(app, "", "2000000000000001"), log_in(app, "/server", "2000000000000002")
    assert (cookie.partition("=")[0], sid.partition("=")[0]) == ("session", "sid")
    both = f"{cookie}; {sid}"
    assert ask(app, "/session/read", cookie=both).json["after"] == "2000000000000001"
    assert ask(app, "/server/session/read", cookie=both).json["after"] == "2000000000000002"


@BOTH
def test_a_login_leaves_what_was_in_the_session(app: App, prefix: str) -> None:
    cookie = log_in(app, prefix)
    cookie = session_cookie(ask(app, f"{prefix}/session/append", ONE, "POST", cookie)) or cookie
    cookie = log_in(app, prefix, "20000000000000bb", cookie)
    assert ask(app, f"{prefix}/session/read", cookie=cookie).json["log"] == []


def test_an_unknown_session_id_is_replaced(app: App) -> None:
    sid = log_in(app, "/server", cookie="sid=made-up")
    assert sid
    assert sid != "sid=made-up"
    assert ask(app, "/server/session/read", cookie="sid=made-up").json["after"] == NOTHING


def test_appends_at_once_to_a_server_side_session_lose_nothing(app: App) -> None:
    sid = log_in(app, "/server")
    meet()
    together(*(lambda c=c: ask(app, "/server/session/append", c, "POST", sid) for c in (ONE, TWO)))
    look.install(None)
    assert sorted(ask(app, "/server/session/read", cookie=sid).json["log"]) == [ONE, TWO]


def test_workers_with_the_same_file_share_sessions_and_values(make: Callable[..., App]) -> None:
    one, other = make(), make()
    for prefix in ("", "/server"):
        cookie = log_in(one, prefix)
        assert ask(other, f"{prefix}/session/read", cookie=cookie).json["after"] != NOTHING
    assert ask(one, "/values/k", method="PUT", data="3000000000000001").json["value"] == "3000000000000001"
    assert ask(other, "/values/k").json["value"] == "3000000000000001"
    assert ask(other, "/values/never").json["value"] == NOTHING


def test_ids_are_never_the_same(make: Callable[..., App]) -> None:
    apps = [make(), make()]
    found = [ask(app, "/ids").json["id"] for app in apps for _ in range(50)]
    assert len(set(found)) == 100
    assert {len(text) for text in found} == {16}


def test_a_nested_app_context_has_a_g_of_its_own(app: App, looks: list[str]) -> None:
    assert ask(app, f"/nested/{ONE}").json == {
        "query": ONE,
        "g": ONE,
        "nested_before": NOTHING,
        "nested_after": NOTHING,
        "outside": ONE,
    }
    assert looks == ["nested_app_context", "view_after_yield"]


@BOTH
def test_head_and_options_and_wrong_methods_are_answered_automatically(app: App, prefix: str) -> None:
    head = ask(app, f"{prefix}/echo/{ONE}", method="HEAD")
    assert (head.status_code, head.data, head.headers["X-Canary-Echo"]) == (200, b"", ONE)
    for method, status in (("OPTIONS", 200), ("DELETE", 405)):
        response = ask(app, f"{prefix}/echo/{ONE}", method=method)
        assert response.status_code == status
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def told(app: App) -> list[BaseException | None]:
    """Return the list that a teardown callback of *app* will fill with what it is told."""
    found: list[BaseException | None] = []
    app.teardown_request_funcs[None].append(found.append)
    return found


def test_a_handled_error_is_answered_with_its_canary(app: App) -> None:
    exceptions = told(app)
    response = ask(app, f"/handled-error/{ONE}")
    assert (response.status_code, response.json) == (418, {"query": ONE, "error": ONE})
    assert exceptions == [None]


def test_an_abort_is_a_403(app: App) -> None:
    assert ask(app, f"/abort/{ONE}").status_code == 403


def test_an_unhandled_error_reaches_the_teardown_with_its_canary(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    exceptions = told(app)
    assert ask(app, f"/unhandled-error/{ONE}").status_code == 500
    (error,) = exceptions
    assert isinstance(error, errors.UnhandledError)
    assert error.canary == int(ONE, 16)
    # It was asked for: the target's log is kept for what was not.
    assert capsys.readouterr().err == ""


def test_an_error_nobody_asked_for_is_logged(app: App, caplog: pytest.LogCaptureFixture) -> None:
    app.extensions["new_id"] = None
    assert ask(app, "/ids").status_code == 500
    assert "Exception on /ids [GET]" in caplog.text


def test_a_teardown_fails_only_for_the_request_that_asks(app: App) -> None:
    exceptions = told(app)
    with pytest.raises(ExceptionGroup) as caught:
        ask(app, f"/teardown-error/{ONE}")
    (error,) = caught.value.exceptions
    assert isinstance(error, errors.TeardownError)
    assert error.canary == int(ONE, 16)
    assert ask(app, f"/echo/{ONE}").status_code == 200
    assert exceptions == [None, None]


@pytest.mark.parametrize(
    ("which", "base"),
    [
        ("system_exit", SystemExit),
        ("keyboard_interrupt", KeyboardInterrupt),
        ("greenlet_exit", BaseException),
    ],
)
def test_a_base_exception_leaves_the_app_with_its_canary(
    app: App, which: str, base: type[BaseException]
) -> None:
    exceptions = told(app)
    with pytest.raises(base) as caught:
        ask(app, f"/base-exception/{ONE}/{which}")
    assert not isinstance(caught.value, Exception)
    assert vars(caught.value)["canary"] == int(ONE, 16)
    assert exceptions == [caught.value]


def test_a_greenlet_exit_is_greenlets_own_where_there_are_greenlets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import greenlet

    assert issubclass(errors.base_exception("greenlet_exit"), greenlet.GreenletExit)
    monkeypatch.delitem(sys.modules, "greenlet")
    assert errors.base_exception("greenlet_exit").__mro__[1] is BaseException


@BOTH
def test_a_stream_says_in_every_chunk_what_the_context_holds(app: App, prefix: str, looks: list[str]) -> None:
    cookie = log_in(app, prefix, "20000000000000cc")
    looks.clear()
    response = ask(app, f"{prefix}/stream/{ONE}", cookie=cookie, query={"chunks": "4"})
    assert response.data.decode().splitlines() == [f"{ONE}.{ONE}.20000000000000cc"] * 4
    assert looks == ["stream_chunk"] * 4
    assert "Cookie" in response.headers["Vary"]


def test_a_stream_pauses_between_chunks_only(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(look, "sleep", slept.append)
    assert ask(app, f"/stream/{ONE}", query={"chunks": "3", "pause_ms": "2"}).data
    assert slept == [0.002, 0.002]


def test_an_unread_body_stays_unread(app: App) -> None:
    class Body(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError("somebody read the body")

    response = ask(app, f"/unread/{ONE}", method="POST", input_stream=Body(b"x" * 99))
    assert response.json == {"query": ONE}


def test_the_hook_can_be_taken_away_again(app: App, looks: list[str]) -> None:
    look.install(None)
    ask(app, f"/echo/{ONE}")
    assert looks == []


def test_a_file_of_its_own_goes_with_the_process_that_made_it() -> None:
    import subprocess
    from pathlib import Path

    code = (
        "from targetapp.probes import create_app\n"
        "app = create_app()\n"
        "print(app.session_interface.server.store.path)\n"
        "assert app.test_client().get('/values/k').status_code == 200\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not Path(done.stdout.strip()).exists()
    assert done.stderr == ""


def test_nothing_of_the_probes_is_left_on_the_thread(app: App) -> None:
    for path in (f"/echo/{ONE}", f"/unhandled-error/{ONE}", f"/base-exception/{ONE}/system_exit"):
        with suppress(SystemExit):
            ask(app, path)
        assert not has_request_context()
    assert teardown.run_guarded([]) == []
