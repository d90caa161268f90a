"""What a client may expect after each answer, and after none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.history.scenarios import Scenario
from harness.load.http import Response
from harness.load.model import Held, Model, Sent, Stored, set_session_cookies
from harness.workload.operation import SESSION_COOKIES, Operation, SessionKind

BOTH = pytest.mark.parametrize("store", list(SessionKind), ids=lambda store: store.name)


def ok(*cookies: str, status: int = 200) -> Response:
    return Response(
        status, tuple(("set-cookie", cookie) for cookie in cookies), b"", keeps_alive=True, size=0
    )


def login(store: SessionKind) -> Operation:
    return Operation(Scenario.LOGIN, 1, "POST", "/", store=store, session=99)


def append(store: SessionKind, canary: int) -> Operation:
    return Operation(
        Scenario.SESSION_APPEND, canary, "POST", "/", store=store, session=99, sends_session=True, writes=True
    )


def logged_in(store: SessionKind) -> Model:
    model = Model()
    assert model.completed(login(store), Sent(), ok(f"{SESSION_COOKIES[store]}=first; Path=/"))
    assert model.held(store) == Held(99, "first")
    return model


@BOTH
def test_a_login_gives_a_session_of_its_store_only(store: SessionKind) -> None:
    model = logged_in(store)
    other = next(kind for kind in SessionKind if kind is not store)
    assert model.held(other) is None
    assert model.sent(append(store, 2), 7, ()).held == Held(99, "first")
    assert model.sent(append(other, 2), 7, ()).held is None


@BOTH
@pytest.mark.parametrize("how", ["no cookie", "other store's cookie", "refused", "no answer"])
def test_a_login_that_failed_leaves_no_session(store: SessionKind, how: str) -> None:
    model = logged_in(store)
    other = next(name for kind, name in SESSION_COOKIES.items() if kind is not store)
    answers = {
        "no cookie": ok(),
        "other store's cookie": ok(f"{other}=x"),
        "refused": ok(f"{SESSION_COOKIES[store]}=x", status=500),
    }
    if how in answers:
        assert not model.completed(login(store), Sent(), answers[how])
    else:
        assert not model.unknown(login(store))
    assert model.held(store) is None


def test_a_cookie_session_is_what_it_was_sent_with_and_the_write() -> None:
    model = logged_in(SessionKind.COOKIE)
    group = [append(SessionKind.COOKIE, canary) for canary in (2, 3)]
    sent = [model.sent(operation, 0, group) for operation in group]
    assert sent[0].beside == frozenset()
    for operation, known in zip(group, sent, strict=True):
        model.completed(operation, known, ok(f"session=after{operation.canary}"))
    assert model.held(SessionKind.COOKIE) == Held(99, "after3", frozenset({3}))


def test_a_server_session_holds_every_write_of_a_group() -> None:
    model = logged_in(SessionKind.SERVER)
    group = [append(SessionKind.SERVER, canary) for canary in (2, 3, 4)]
    sent = [model.sent(operation, 0, group) for operation in group]
    assert sent[0].beside == frozenset({3, 4})
    model.completed(group[0], sent[0], ok())
    model.unknown(group[1])
    model.completed(group[2], sent[2], ok("sid=moved"))
    assert model.held(SessionKind.SERVER) == Held(99, "moved", frozenset({2, 4}), frozenset({3}))


def test_an_unanswered_write_into_a_cookie_changes_nothing() -> None:
    model = logged_in(SessionKind.COOKIE)
    assert model.unknown(append(SessionKind.COOKIE, 2))
    assert model.held(SessionKind.COOKIE) == Held(99, "first")


def test_a_write_into_a_session_that_was_left_meanwhile_is_not_of_the_new_one() -> None:
    model = logged_in(SessionKind.SERVER)
    operation = append(SessionKind.SERVER, 2)
    sent = model.sent(operation, 0, ())
    model.completed(replace(login(SessionKind.SERVER), session=100), Sent(), ok("sid=second"))
    model.completed(operation, sent, ok())
    assert model.held(SessionKind.SERVER) == Held(100, "second")


def put(value: int) -> Operation:
    return Operation(Scenario.PUT, value, "PUT", "/", key="k", value=value)


def test_a_value_is_the_last_acknowledged_or_one_whose_put_was_not_answered() -> None:
    model = Model()
    get = Operation(Scenario.GET, 9, "GET", "/", key="k")
    assert model.sent(get, 0, ()).stored == Stored()
    model.completed(put(1), Sent(), ok())
    model.unknown(put(2))
    model.completed(put(3), Sent(), ok(status=500))
    assert model.sent(get, 0, ()).stored == Stored(1, frozenset({2, 3}))
    model.completed(put(4), Sent(), ok())
    assert model.sent(get, 0, ()).stored == Stored(4, frozenset({2, 3}))
    assert model.sent(replace(get, key="other"), 0, ()).stored == Stored()


def test_session_cookies_are_told_from_others() -> None:
    response = ok("a=1", "session=x=y; Path=/", "sid=z", "mysession=1", " session=q ; a")
    assert set_session_cookies(response) == [("session", "x=y"), ("sid", "z"), ("session", "q")]
