"""Each fault does what its row says, and the same app without it does not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from targetapp.faults import FAULTS, UnknownFaultError, activate, deactivate, find_faults
from targetapp.framework import App, has_request_context, sqlite_sessions, teardown
from targetapp.framework import globals as globals_
from targetapp.probes import create_app, look, streams
from tests.unit.probes.asking import (
    NOTHING,
    ONE,
    TWO,
    Crossing,
    Reply,
    ask,
    cross_in_greenlets,
    cross_in_threads,
    log_in,
    meet,
    session_cookie,
    together,
)

Make = Callable[..., App]
#: A fault shows, or nothing does.
SWITCH = pytest.mark.parametrize("on", [True, False], ids=["on", "off"])


def both(make: Make, fault: str, on: bool) -> App:
    return make(fault) if on else make()


def test_the_table_is_complete() -> None:
    for name, fault in FAULTS.items():
        assert fault.id == name
        assert fault.fault_class in {f"FC{number}" for number in range(1, 14)}
        assert fault.reference
        assert fault.mechanism.endswith(".")
        assert fault.apply.__doc__


def test_an_unknown_id_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(UnknownFaultError, match=r"unknown fault nope; known: global_request, .*fork_seed"):
        find_faults(["fork_seed", "nope"])
    assert issubclass(UnknownFaultError, LookupError)


def test_an_unknown_id_makes_no_app_and_no_fault() -> None:
    storage = globals_.request_var
    with pytest.raises(UnknownFaultError):
        create_app(["global_request", "nope"])
    assert globals_.request_var is storage


def test_faults_can_be_named_by_id_or_row_and_several_at_once(make: Make) -> None:
    app = make("app_ctx_for_life", "vary_dropped")
    activate(app, [FAULTS["fork_seed"], "worker_local_state"])
    ask(app, "/ids")
    response = ask(app, f"/echo/{ONE}")
    assert response.headers["X-Canary-G-Found"] == ONE
    assert "Vary" not in response.headers


def test_what_faults_change_in_the_process_is_taken_back(make: Make) -> None:
    def touched() -> list[object]:
        places = {
            globals_: ("request_var", "app_var"),
            teardown: ("run_guarded",),
            streams: ("stream_with_context",),
            sqlite_sessions: ("merge",),
        }
        return [getattr(module, name) for module, names in places.items() for name in names]

    before = touched()
    make(*FAULTS)
    assert not any(old is new for old, new in zip(before, touched(), strict=True))
    deactivate()
    assert touched() == before


@pytest.mark.parametrize("fault", FAULTS)
def test_a_single_request_survives_any_fault(make: Make, fault: str) -> None:
    response = ask(make(fault), f"/echo/{ONE}")
    assert response.status_code == 200
    assert response.json["after"]["header"] == response.json["after"]["g"] == ONE


# -- values kept where others find them --------------------------------------------------------


def handled_error(app: App, canary: str) -> Callable[[], Reply]:
    return lambda: ask(app, f"/handled-error/{canary}", canary)


CROSSINGS = pytest.mark.parametrize("cross", [cross_in_threads, cross_in_greenlets])
Cross = Callable[[Callable[[], Reply], Callable[[], Reply]], Crossing]


@SWITCH
@CROSSINGS
def test_global_request(make: Make, on: bool, cross: Cross) -> None:
    app = both(make, "global_request", on)
    assert ask(app, f"/nested/{ONE}").json["outside"] == ONE
    assert not has_request_context()
    seen = cross(handled_error(app, ONE), handled_error(app, TWO)).handled()
    assert (seen == [ONE, TWO]) is not on


@SWITCH
@CROSSINGS
def test_tl_unpatched_shows_only_where_greenlets_share_a_thread(make: Make, on: bool, cross: Cross) -> None:
    app = both(make, "tl_unpatched", on)
    seen = cross(handled_error(app, ONE), handled_error(app, TWO)).handled()
    assert (seen == [ONE, TWO]) is not (on and cross is cross_in_greenlets)


@SWITCH
@pytest.mark.parametrize("fault", ["app_ctx_for_life", "cv_not_reset"])
def test_g_begins_with_what_the_request_before_left(make: Make, fault: str, on: bool) -> None:
    app = both(make, fault, on)
    found: list[str] = []

    def requests() -> None:
        replies = [ask(app, f"/echo/{canary}", canary) for canary in (ONE, TWO)]
        found.extend(reply.headers["X-Canary-G-Found"] for reply in replies)

    thread = threading.Thread(target=requests)  # a worker of its own: nothing stays on ours
    thread.start()
    thread.join(10)
    assert found == [NOTHING, ONE if on else NOTHING]


@SWITCH
@pytest.mark.parametrize("fault", ["auth_on_extension", "module_response"])
def test_a_response_is_another_callers(
    make: Make, fault: str, on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = both(make, fault, on)
    if fault == "module_response":  # what is shared is written after the view's own pause
        both_made = threading.Barrier(2)
        monkeypatch.setattr(look, "sleep", lambda seconds: both_made.wait(10) if seconds and on else None)
    else:
        meet()
    one, two = together(*(lambda c=c: ask(app, f"/echo/{c}", c) for c in (ONE, TWO)))
    pairs = [(response.headers["X-Canary-Echo"], response.json["after"]["path"]) for response in (one, two)]
    assert (pairs == [(ONE, ONE), (TWO, TWO)]) is not on


# -- endings ------------------------------------------------------------------------------------


def told(app: App) -> list[BaseException | None]:
    """Return what a teardown callback that runs last is told."""
    found: list[BaseException | None] = []
    app.teardown_request_funcs[None].insert(0, found.append)
    return found


@SWITCH
def test_teardown_error_stops_others(make: Make, on: bool) -> None:
    app = both(make, "teardown_error_stops_others", on)
    last = told(app)
    with pytest.raises(ExceptionGroup):
        ask(app, f"/teardown-error/{ONE}")
    ask(app, f"/echo/{ONE}")
    assert len(last) == (1 if on else 2)


def run_apart(call: Callable[[], object]) -> bool:
    """Make a call on a thread of its own; tell whether a request stayed current there."""
    stays = []

    def run() -> None:
        with suppress(BaseException):
            call()
        stays.append(has_request_context())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    return stays[0]


@SWITCH
def test_no_pop_on_exception(make: Make, on: bool) -> None:
    app = both(make, "no_pop_on_exception", on)
    last = told(app)
    assert not run_apart(lambda: ask(app, f"/handled-error/{ONE}"))
    assert run_apart(lambda: ask(app, f"/unhandled-error/{ONE}")) is on
    assert len(last) == (1 if on else 2)


BASE_EXCEPTION = f"/base-exception/{ONE}/system_exit"


@SWITCH
def test_except_exception_only(make: Make, on: bool) -> None:
    app = both(make, "except_exception_only", on)
    last = told(app)
    assert not run_apart(lambda: ask(app, f"/unhandled-error/{ONE}"))
    assert not run_apart(lambda: ask(app, BASE_EXCEPTION))
    assert len(last) == (1 if on else 2)


@SWITCH
def test_base_exception_none(make: Make, on: bool) -> None:
    app = both(make, "base_exception_none", on)
    last = told(app)
    assert not run_apart(lambda: ask(app, BASE_EXCEPTION))
    assert not run_apart(lambda: ask(app, f"/unhandled-error/{ONE}"))
    assert [type(error).__name__ for error in last] == [
        "NoneType" if on else "ProbeSystemExit",
        "UnhandledError",
    ]


@SWITCH
def test_teardown_before_stream(make: Make, on: bool) -> None:
    app = both(make, "teardown_before_stream", on)
    body = ask(app, f"/stream/{ONE}", query={"chunks": "1"}).data.decode()
    assert body == ".".join([NOTHING if on else ONE] * 2 + [NOTHING]) + "\n"


# -- sessions -----------------------------------------------------------------------------------


@SWITCH
@pytest.mark.parametrize("prefix", ["", "/server"])
def test_vary_dropped(make: Make, prefix: str, on: bool) -> None:
    app = both(make, "vary_dropped", on)
    cookie = log_in(app, prefix)
    appended = ask(app, f"{prefix}/session/append", ONE, "POST", cookie)
    if session_cookie(appended):
        assert appended.headers["Vary"] == "Cookie"
    read = ask(app, f"{prefix}/session/read", cookie=session_cookie(appended) or cookie)
    assert ("Vary" in read.headers) is not on


@SWITCH
def test_sid_reuse(make: Make, on: bool) -> None:
    app = both(make, "sid_reuse", on)
    assert (log_in(app, "/server", cookie="sid=made-up") == "sid=made-up") is on
    after = ask(app, "/server/session/read", cookie="sid=made-up").json["after"]
    assert (after != NOTHING) is on
    # A session that is known is not disturbed.
    sid = log_in(app, "/server", "20000000000000ab")
    assert ask(app, "/server/session/read", cookie=sid).json["after"] == "20000000000000ab"


@SWITCH
def test_server_session_lost_update(make: Make, on: bool) -> None:
    app = both(make, "server_session_lost_update", on)
    sid = log_in(app, "/server")
    meet()
    together(*(lambda c=c: ask(app, "/server/session/append", c, "POST", sid) for c in (ONE, TWO)))
    look.install(None)
    assert len(ask(app, "/server/session/read", cookie=sid).json["log"]) == (1 if on else 2)


@SWITCH
def test_session_default_shared(make: Make, on: bool) -> None:
    app = both(make, "session_default_shared", on)
    cookie = log_in(app, "", "20000000000000ab")
    anonymous = ask(app, f"/echo/{ONE}").json["before"]["session"]
    assert anonymous == ("20000000000000ab" if on else NOTHING)
    assert ask(app, "/session/read", cookie=cookie).json["after"] == "20000000000000ab"


# -- workers ------------------------------------------------------------------------------------


@SWITCH
def test_fork_seed(make: Make, on: bool) -> None:
    # Two apps stand for two workers forked from one.
    first, second = both(make, "fork_seed", on), both(make, "fork_seed", on)
    one = [ask(first, "/ids").json["id"] for _ in range(2)]
    other = [ask(second, "/ids").json["id"] for _ in range(2)]
    assert one[0] != one[1]
    assert (one == other) is on


@SWITCH
def test_worker_local_state(make: Make, on: bool) -> None:
    here, there = both(make, "worker_local_state", on), both(make, "worker_local_state", on)
    ask(here, "/values/k", method="PUT", data="3000000000000001")
    assert ask(here, "/values/k").json["value"] == "3000000000000001"
    assert ask(there, "/values/k").json["value"] == (NOTHING if on else "3000000000000001")


@SWITCH
def test_lazy_init_flag_first(make: Make, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    app = both(make, "lazy_init_flag_first", on)
    inside, go_on = threading.Event(), threading.Event()

    def wait(seconds: float) -> None:
        if seconds:
            inside.set()
            assert go_on.wait(10)

    monkeypatch.setattr(look, "sleep", wait)
    statuses: list[int] = []
    first = threading.Thread(target=lambda: statuses.append(ask(app, f"/echo/{ONE}").status_code))
    first.start()
    if on:
        assert inside.wait(10)
    statuses.append(ask(app, f"/echo/{TWO}", TWO).status_code)
    go_on.set()
    first.join(10)
    statuses.append(ask(app, f"/echo/{ONE}").status_code)
    assert sorted(statuses) == ([200, 200, 500] if on else [200, 200, 200])
