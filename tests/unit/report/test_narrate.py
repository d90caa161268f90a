from __future__ import annotations

import pytest

from harness.history.event import Event
from harness.history.layout import App, Callback, Field, Freed, Kind, Look, Outcome, Remains
from harness.history.scenarios import Scenario
from harness.history.steps import Step
from harness.report.narrate import scenario_of, what_happened, what_it_saw, where_it_ran
from tests.golden.report.samples import OUR_SESSION, OURS, THEIRS, client_event, server_event

SAID = [
    (server_event(0, 0, OURS, Kind.ENTER), "enter"),
    (server_event(0, 0, OURS, Kind.STEP, point=int(Step.BEFORE_REQUEST)), "step before_request"),
    (
        server_event(0, 0, OURS, Kind.POP, point=int(Step.APP_CONTEXT_POP), activation=3),
        "pop app_context_pop (activation 3)",
    ),
    (
        server_event(
            0, 0, OURS, Kind.TEARDOWN, point=int(Callback.TEARDOWN_REQUEST_FIRST), detail=int(Outcome.BASE)
        ),
        "teardown teardown_request_first (a BaseException)",
    ),
    (server_event(0, 0, OURS, Kind.LEFT, detail=int(Outcome.GROUP)), "left (an exception group)"),
    (server_event(0, 0, OURS, Kind.LOOK, point=int(Look.STREAM_CHUNK)), "look stream_chunk"),
    (client_event(0, 0, OURS, Kind.OBSERVE, point=int(Field.G)), "observe g"),
    (client_event(0, 0, OURS, Kind.OBSERVE, point=int(Field.G), detail=1), "observe g after the yield"),
    (client_event(0, 0, OURS, Kind.OBSERVE, point=int(Field.G), detail=2), "observe g as it left"),
    (client_event(0, 0, OURS, Kind.OK, value=200), "ok (status 200)"),
    (client_event(0, 0, OURS, Kind.INVOKE), "invoke"),
    (client_event(0, 0, OURS, Kind.OK, value=200, detail=1), "ok (status 200, the client left)"),
    (
        client_event(0, 0, OURS, Kind.OK, value=200, detail=2),
        "ok (status 200, from a cache in front of the target)",
    ),
    (
        server_event(0, 0, OURS, Kind.CENSUS, point=int(Remains.REQUEST), detail=int(Freed.NEVER)),
        "census request (never freed)",
    ),
    (
        server_event(0, 0, OURS, Kind.CENSUS, point=int(Remains.APP_CONTEXT), detail=int(Freed.BY_COLLECTOR)),
        "census app_context (only the collector frees it)",
    ),
    # a damaged journal still gets a sentence
    (server_event(0, 0, OURS, Kind.STEP, point=250), "step point 250"),
    (server_event(0, 0, OURS, 99), "kind 99"),
    (server_event(0, 0, OURS, Kind.LEFT, detail=77), "left (outcome 77)"),
]


@pytest.mark.parametrize(("event", "said"), SAID, ids=[said for _, said in SAID])
def test_an_event_in_words(event: Event, said: str) -> None:
    assert what_happened(event) == said


def amiss(event: Event) -> list[tuple[str, str]]:
    return [(sight.name, sight.held) for sight in what_it_saw(event) if sight.amiss]


def test_own_values_are_not_amiss() -> None:
    assert amiss(server_event(0, 0, OURS, Kind.STEP, session=OUR_SESSION, value=OUR_SESSION)) == []
    assert amiss(client_event(0, 0, OURS, Kind.OBSERVE, point=int(Field.G), expected=OURS, value=OURS)) == []


def test_nothing_is_never_amiss_and_an_unmarked_value_is() -> None:
    assert amiss(server_event(0, 0, OURS, Kind.STEP, request=0, g=0)) == []
    assert amiss(server_event(0, 0, OURS, Kind.STEP, g=(1 << 64) - 1)) == [("g", "a value without a canary")]


@pytest.mark.parametrize("look", [Look.JOB_START, Look.JOB_END])
def test_nothing_may_be_current_on_a_pool_s_thread_around_a_job(look: Look) -> None:
    empty = {"request": 0, "g": 0, "app": int(App.NONE)}
    assert amiss(server_event(0, 0, OURS, Kind.LOOK, point=int(look), **empty)) == []
    left = server_event(0, 0, OURS, Kind.LOOK, point=int(look), **empty | {"request": THEIRS})
    assert [name for name, _ in amiss(left)] == ["request"]
    assert amiss(server_event(0, 0, OURS, Kind.LOOK, point=int(Look.JOB))) == []


def test_nothing_may_be_current_where_a_request_enters_and_leaves() -> None:
    empty = {"request": 0, "g": 0, "app": int(App.NONE)}
    assert amiss(server_event(0, 0, OURS, Kind.ENTER, **empty)) == []
    assert amiss(server_event(0, 0, OURS, Kind.EXIT, **{**empty, "request": OURS})) == [
        ("request", "operation w0.c3#12")
    ]


def test_g_is_empty_at_the_push_of_its_context_and_nowhere_else() -> None:
    assert [
        name for name, _ in amiss(server_event(0, 0, OURS, Kind.PUSH, point=int(Step.APP_CONTEXT_PUSH)))
    ] == ["g"]
    assert amiss(server_event(0, 0, OURS, Kind.PUSH, point=int(Step.REQUEST_CONTEXT_PUSH))) == []


def test_a_remote_address_is_spelled_as_one() -> None:
    event = client_event(
        0, 0, OURS, Kind.OBSERVE, point=int(Field.REMOTE_ADDR), expected=0x7F000001, value=0x7F000002
    )
    assert amiss(event) == [("remote_addr", "127.0.0.2, expected 127.0.0.1")]


def test_another_operations_request_is_amiss_and_names_its_owner() -> None:
    event = server_event(0, 0, OURS, Kind.LOOK, request=THEIRS)
    assert amiss(event) == [("request", "operation w0.c7#9")]
    assert what_it_saw(event)[0].owner == THEIRS


def test_another_app_is_amiss() -> None:
    assert amiss(server_event(0, 0, OURS, Kind.STEP, app=int(App.OTHER))) == [("current_app", "other")]


def test_a_client_says_what_it_expected() -> None:
    event = client_event(0, 0, OURS, Kind.OBSERVE, point=int(Field.SET_COOKIE_COUNT), expected=1, value=2)
    assert amiss(event) == [("set_cookie_count", "2, expected 1")]


def test_an_issued_id_is_expected_to_be_nothing_in_particular() -> None:
    assert amiss(client_event(0, 0, OURS, Kind.OBSERVE, point=int(Field.ISSUED_ID), value=4)) == []


def test_the_exception_of_a_teardown_is_no_session() -> None:
    event = server_event(0, 0, OURS, Kind.TEARDOWN, value=THEIRS, point=int(Callback.APPCONTEXT_POPPED))
    assert amiss(event) == []
    assert scenario_of(event) == ""


def test_scenario_and_place() -> None:
    event = client_event(0, 0, OURS, Kind.INVOKE, scenario=int(Scenario.STREAM))
    assert scenario_of(event) == "stream"
    assert where_it_ran(event) == "pid 4700, thread 55, greenlet 8"
    assert where_it_ran(server_event(0, 0, OURS, Kind.ENTER)) == "pid 4711, thread 101"
