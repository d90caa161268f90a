"""The notation says what it is documented to say: every other test of checkers stands on it."""

from __future__ import annotations

import pytest

from harness.bench.scripts import script, write_script
from harness.history.canary import UNMARKED
from harness.history.columns import Records
from harness.history.layout import App, Field, Kind, Look, Outcome, Side
from harness.history.scenarios import Scenario
from harness.history.steps import Step
from tests.unit.checkers.notation import canary, operation, tell


def records(story: str) -> Records:
    (batch,) = tell(story).batches()
    return batch.records


def test_a_request_context_makes_the_request_current() -> None:
    rows = records("1< 1+app 1+req 1.view 1-req 1-app 1>")
    own = operation(1)
    assert rows["kind"].tolist() == [
        *(Kind.ENTER, Kind.PUSH, Kind.PUSH, Kind.STEP, Kind.POP, Kind.POP, Kind.EXIT)
    ]
    assert rows["request"].tolist() == [0, 0, own, own, 0, 0, 0]
    none, target = App.NONE, App.TARGET
    assert rows["app"].tolist() == [none, target, target, target, target, none, none]
    assert rows["activation"].tolist() == [0, 11, 12, 12, 12, 11, 0]


def test_brackets_say_what_was_there() -> None:
    (row,) = records("1?after[request=2,session=s3,g=?,app=other,value=v4]")
    assert (row["kind"], row["point"]) == (Kind.LOOK, Look.VIEW_AFTER_YIELD)
    assert [row[name] for name in ("request", "session", "g", "value")] == [
        operation(2),
        canary("s3"),
        UNMARKED,
        canary("v4"),
    ]
    assert row["app"] == App.OTHER


def test_an_equals_sign_is_short_for_the_request() -> None:
    assert records("1.view=2").tolist() == records("1.view[request=2]").tolist()
    assert records("1.view=0")["request"].tolist() == [0]


def test_the_session_sent_is_remembered() -> None:
    assert records("1<stream[value=s1] 1.view")["value"].tolist() == [canary("s1")] * 2
    assert records("1<stream 1.view")["detail"].tolist() == [Scenario.STREAM] * 2


def test_a_callback_has_the_activation_of_its_context_and_an_outcome() -> None:
    rows = records("1^rf:error 1^af 1^af2")
    assert rows["kind"].tolist() == [Kind.TEARDOWN] * 3
    assert rows["activation"].tolist() == [12, 11, 13]
    assert rows["detail"].tolist() == [Outcome.ERROR, Outcome.NONE, Outcome.NONE]


def test_the_parts_make_what_a_right_target_writes() -> None:
    told = records("1< 1:all 1~ 1>")
    right = write_script(script(Scenario.ISSUE_ID), Scenario.ISSUE_ID)
    assert told[["kind", "point"]].tolist() == right[["kind", "point"]].tolist()
    assert (told["app"] == right["app"]).all()
    assert ((told["request"] != 0) == (right["request"] != 0)).all()


def test_a_part_without_some_words() -> None:
    whole, less = records("1:down"), records("1:down-al-request_close")
    assert len(whole) - len(less) == 2
    assert Step.REQUEST_CLOSE not in less["point"][less["kind"] == Kind.STEP]


def test_the_client_sends_observes_and_completes() -> None:
    rows = records("1( 1=path:2 1=session@1:s2:s1 1=chunk_count:n3:n4 1)200 2)info 3)fail")
    assert rows["kind"].tolist() == [
        *(Kind.INVOKE, Kind.OBSERVE, Kind.OBSERVE, Kind.OBSERVE, Kind.OK, Kind.INFO, Kind.FAIL)
    ]
    assert rows["point"][1:4].tolist() == [Field.PATH, Field.SESSION, Field.CHUNK_COUNT]
    assert rows["expected"][1:4].tolist() == [operation(1), canary("s1"), 4]
    assert rows["value"][1:5].tolist() == [operation(2), canary("s2"), 3, 200]
    assert rows["detail"][1:4].tolist() == [0, 1, 0]


def test_journals_are_told_apart() -> None:
    batches = tell("1< @2 2< 1(").batches()
    assert [(batch.source, batch.side, batch.pid) for batch in batches] == [
        ("client/0", Side.CLIENT, 1000),
        ("server/1", Side.SERVER, 1001),
        ("server/2", Side.SERVER, 1002),
    ]


@pytest.mark.parametrize("word", ["x<", "1", "1%", "1.nowhere", "1^zz", "1+ctx", "1:sideways"])
def test_what_is_no_word_is_refused(word: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        tell(word)
