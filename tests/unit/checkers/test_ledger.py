"""I6: each activation's callbacks, exactly once; a row is a story."""

# ruff: noqa: E501 - a row is a story, and is read in one line
from __future__ import annotations

from dataclasses import replace

import pytest

from harness.checkers.judge import Judging
from harness.checkers.table import CHECKERS
from harness.verdict import Result, Verdict
from tests.unit.checkers.notation import judge_story, operation, tell, with_journal

REQUEST_DOWN = "1^rf 1^rl 1^rt 1-req"
APP_DOWN = "1^af 1^al 1^at 1-app 1^ap"
UP = "1< 1+app 1+req"
DONE = f"{UP} {REQUEST_DOWN} {APP_DOWN} 1~ 1>"
NESTED_DOWN = "1^af2 1^al2 1^at2 1-app2 1^ap"

#: A right target, whatever it does.
SILENT = {
    "normal": DONE,
    "nothing was pushed": "1< 1! 1>",
    "two operations interleaved": "1< 1+app 2< 2+app 1+req 1^rf 1^rl 2^af 1^rt 1-req 2^al 2^at 2-app 2^ap"
    " 1^af 1^al 1^at 1-app 1^ap 1~ 2~ 1> 2>",
    "nested app context": f"{UP} 1+app2 {NESTED_DOWN} {REQUEST_DOWN} {APP_DOWN} 1~ 1>",
    "popped signal inside the outer context": f"{UP} 1+app2 1^af2 1^al2 1^at2 1-app2 1^ap1"
    f" {REQUEST_DOWN} {APP_DOWN} 1~ 1>",
    "an app context pushed again after it was popped": f"1< 1+app {APP_DOWN} 1+app {APP_DOWN} 1~ 1>",
    "stream, torn down after its last chunk": f"1<stream 1+app 1+req 1~ 1* 1* {REQUEST_DOWN} {APP_DOWN} 1>",
    "stream that failed before it began": f"1<stream 1+app 1+req {REQUEST_DOWN} {APP_DOWN} 1~ 1>",
    "stream left by its client": "1<stream 1+app 1+req 1~ 1* 1^rf:generator_exit 1^rl:generator_exit"
    " 1^rt:generator_exit 1-req 1^af:generator_exit 1^al:generator_exit 1^at:generator_exit 1-app 1^ap 1>",
    "unhandled error": "1<unhandled_error 1+app 1+req 1^rf:error[value=1] 1^rl:error 1^rt:error 1-req"
    " 1^af:error 1^al:error 1^at:error[value=1] 1-app 1^ap 1~ 1>",
    "two app contexts popped before either's signal": f"{UP} 1+app2 {REQUEST_DOWN} 1^af2 1^al2 1^at2 1^af 1^al 1^at"
    " 1-app2 1-app 1^ap 1^ap 1~ 1>",
    "a scenario that this version does not know": f"1<[detail=n200] 1+app 1+req 1~[detail=n200] 1* {REQUEST_DOWN}"
    f" {APP_DOWN} 1>",
    "a session that fails to open": "1<session_open_error 1+app 1+req 1^rf:error[value=1] 1^rl:error"
    " 1^rt:error 1-req 1^af:error 1^al:error 1^at:error 1-app 1^ap 1~ 1>",
    "a job with a copy of the request's context": f"1<job 1+app 1+req 1+app2 1+req2 1^rf2 1^rl2 1^rt2 1-req2"
    f" 1^af2 1^al2 1^at2 1-app2 1^ap {REQUEST_DOWN} {APP_DOWN} 1~ 1>",
    "a call of the backend that was cancelled": "1<backend_cancel 1+app 1+req 1^rf:base[value=1] 1^rl:base"
    " 1^rt:base 1-req 1^af:base 1^al:base 1^at:base 1-app 1^ap 1! 1>",
    "nested context of a failing request": "1<unhandled_error 1+app 1+req 1+app2 1^af2 1^al2 1^at2 1-app2"
    " 1^ap 1^rf:error 1^rl:error 1^rt:error 1-req 1^af:error 1^al:error 1^at:error 1-app 1^ap 1~ 1>",
    "base exception that leaves": "1<base_exception 1+app 1+req 1^rf:base 1^rl:base 1^rt:base 1-req 1^af:base"
    " 1^al:base 1^at:base 1-app 1^ap 1![detail=n2,value=1] 1>",
    "a visit of somebody's application may raise what it likes": "1<visit 1+app 1+req 1^rf:error 1^rl:error"
    " 1^rt:error 1-req 1^af:error 1^al:error 1^at:error 1-app 1^ap 1~ 1>",
    "a visit whose after_this_request functions run once": f"1<visit 1+app 1+req 1^ra {REQUEST_DOWN} {APP_DOWN} 1~ 1>",
    "a visit whose second context streams": f"1<visit 1+app 1+req {REQUEST_DOWN} {APP_DOWN} 1~ 1+app2 1+req2"
    " 1^rf2 1^rl2 1^rt2 1-req2 1^af2 1^al2 1^at2 1-app2 1^ap 1>",
    "teardown error leaves as a group": f"1<teardown_error 1+app 1+req {REQUEST_DOWN} {APP_DOWN}"
    " 1![detail=n4] 1>",
}  # fmt: skip

#: anomaly -> story, words of the explanation, checkpoint.
BREACHES = (
    ("missing-teardown", f"{UP} 1^rf 1^rt 1-req {APP_DOWN} 1~ 1>",
     "The request context of operation w0.c1#1 was popped, but teardown_request_last never ran for it.", "teardown_request_last"),
    ("missing-teardown", f"{UP} {REQUEST_DOWN} 1^af 1-app 1~ 1>",
     "teardown_appcontext_last, appcontext_tearing_down and appcontext_popped never ran", "teardown_appcontext_last"),
    ("missing-teardown", f"{UP} 1+app2 1-app2 1^ap {REQUEST_DOWN} {APP_DOWN} 1~ 1>",
     "teardown_appcontext_first, teardown_appcontext_last and appcontext_tearing_down never ran", "teardown_appcontext_first"),
    ("repeated-teardown", f"{UP} 1^rf 1^rf 1^rl 1^rt 1-req {APP_DOWN} 1~ 1>",
     "teardown_request_first ran again for the same request context of operation w0.c1#1.", "teardown_request_first"),
    ("repeated-teardown", f"{UP} {REQUEST_DOWN} {APP_DOWN} 1^ap 1~ 1>",
     "appcontext_popped ran again for the same app context", "appcontext_popped"),
    ("repeated-teardown", f"1<visit 1+app 1+req {REQUEST_DOWN} {APP_DOWN} 1~ 1+app 1+req {REQUEST_DOWN} {APP_DOWN} 1>",
     "teardown_request_first ran again for the same request context of operation w0.c1#1.", "teardown_request_first"),
    ("repeated-callback", f"1<visit 1+app 1+req 1^ra 1^ra {REQUEST_DOWN} {APP_DOWN} 1~ 1>",
     "The functions of after_this_request ran again for the same request of operation w0.c1#1.", "after_this_request"),
    ("never-popped", f"{UP} 1^rf 1^rl 1^rt {APP_DOWN} 1~ 1>",
     "The request context of operation w0.c1#1 was never popped.", "request_context_pop"),
    ("never-popped", "1<session_open_error 1+app 1+req 1^af:error 1^al:error 1^at:error 1-app 1^ap 1~ 1>",
     "The request context of operation w0.c1#1 was never popped.", "request_context_pop"),
    ("wrong-exception", f"1<session_open_error 1+app 1+req {REQUEST_DOWN} {APP_DOWN} 1~ 1>",
     "teardown_request_first of operation w0.c1#1 was given no exception", "teardown_request_first"),
    ("missing-teardown", f"1<job 1+app 1+req 1+app2 1+req2 1-req2 1^af2 1^al2 1^at2 1-app2 1^ap {REQUEST_DOWN} {APP_DOWN} 1~ 1>",
     "teardown_request_first, teardown_request_last and request_tearing_down never ran", "teardown_request_first"),
    ("never-popped", f"{UP} {REQUEST_DOWN} 1~ 1>", "The app context of operation w0.c1#1 was never popped.", "app_context_pop"),
    ("pushed-twice", f"{UP} 1+req {REQUEST_DOWN} {APP_DOWN} 1~ 1>", "was activated again before it was popped", "request_context_push"),
    ("unpushed-pop", f"1< 1+app 1-req {APP_DOWN} 1~ 1>", "The request context that operation w0.c1#1 popped was not active", "request_context_pop"),
    ("unpushed-teardown", f"1< 1+app 1^rf {APP_DOWN} 1~ 1>",
     "teardown_request_first ran in operation w0.c1#1 for a context that was not active in it.", "teardown_request_first"),
    ("unpushed-teardown", f"{UP} {REQUEST_DOWN} 1^rl {APP_DOWN} 1~ 1>", "teardown_request_last ran in", "teardown_request_last"),
    ("wrong-exception", f"{UP} 1^rf:error 1^rl 1^rt 1-req {APP_DOWN} 1~ 1>",
     "teardown_request_first of operation w0.c1#1 was given an exception of class error, where no exception was due.", "teardown_request_first"),
    ("wrong-exception", "1<base_exception 1+app 1^af:base 1^al:none 1^at:base 1-app 1^ap 1~ 1>",
     "was given no exception, where an exception of class base was due.", "teardown_appcontext_last"),
    ("wrong-exception", f"1<stream 1+app 1+req 1~ 1* 1^rf:error 1^rl 1^rt 1-req {APP_DOWN} 1>",
     "where no exception or an exception of class generator_exit was due.", "teardown_request_first"),
    ("unpushed-teardown", f"{UP} {REQUEST_DOWN} 1^ap 1^af 1^al 1^at 1-app 1~ 1>",
     "appcontext_popped ran in operation w0.c1#1 for a context that was not active in it.", "appcontext_popped"),
    ("foreign-exception", "2< 1<unhandled_error 1+app 1^af:error[value=2] 1^al:error 1^at:error 1-app 1^ap 1~ 1>",
     "teardown_appcontext_first of operation w0.c1#1 was given the exception of operation w0.c2#1.", "teardown_appcontext_first"),
    ("foreign-exception", "1< 1![value=2] 1>", "Operation w0.c1#1 left the app with the exception of operation w0.c2#1.", "left"),
    ("late-teardown", f"{UP} 1~ {REQUEST_DOWN} {APP_DOWN} 1>",
     "teardown_request_first ran in operation w0.c1#1 after wsgi_app was over", "teardown_request_first"),
    ("early-teardown", f"1<stream 1+app 1+req {REQUEST_DOWN} {APP_DOWN} 1~ 1* 1* 1>",
     "The body of operation w0.c1#1 yielded a chunk after the teardown of its context had begun.", "chunk"),
    ("teardown-after-exit", "1< 1> 1^af", "teardown_appcontext_first ran for operation w0.c1#1 when it was not in the target.", "teardown_appcontext_first"),
)  # fmt: skip


_LEFT_OPEN = "1<stream[thread=n7] 1+app 1+req 1~ 1*"
#: Operation 1 was left open by a thread that then served another; its twin: by one that served no other.
PASSED = {
    f"{_LEFT_OPEN} 2<[thread=n7] 2>": True,
    f"{_LEFT_OPEN} 2<[thread=n8] 2>": False,
    f"{_LEFT_OPEN} 3<[thread=n5] 3> 2<[thread=n7] 2>": True,
    f"{_LEFT_OPEN} 2<[thread=n7] 2> 3<[thread=n9] 3> 4<[thread=n9] 4>": True,
    f"2<[thread=n7] 2> {_LEFT_OPEN}": False,
}


def judged(story: str) -> Result:
    """Judge a story in which no operation but the first is of interest."""
    return judge_story("I6", story)


@pytest.mark.parametrize("story", SILENT.values(), ids=SILENT)
def test_silent(story: str) -> None:
    result = judged(story)
    assert (result.count, result.violations) == (0, ())


@pytest.mark.parametrize(
    ("anomaly", "story", "words", "checkpoint"), BREACHES, ids=[f"{b[0]} {b[1]}" for b in BREACHES]
)
def test_breach(anomaly: str, story: str, words: str, checkpoint: str) -> None:
    result = judged(story)
    assert result.verdict is Verdict.INVALID
    found = {violation.anomaly: violation for violation in result.violations}
    assert anomaly in found
    assert words in found[anomaly].explanation
    assert found[anomaly].checkpoint == checkpoint
    assert all(event["op"] == operation(1) for event in found[anomaly].witness)
    assert len(found[anomaly].witness) <= 2


@pytest.mark.parametrize(
    ("contexts", "story", "known"),
    [
        ("Flask 3.1.3", f"{UP} 1^rf {REQUEST_DOWN} {APP_DOWN} 1~ 1>", True),
        ("Flask 3.0.3", f"{UP} 1^rf {REQUEST_DOWN} {APP_DOWN} 1~ 1>", False),
        ("", f"{UP} 1^rf {REQUEST_DOWN} {APP_DOWN} 1~ 1>", False),
        ("Flask 3.1.3", "1< 1+app 1^af 1^at 1-app 1^ap 1~ 1>", False),
    ],
)
def test_what_flask_does_itself_is_said(contexts: str, story: str, known: bool) -> None:
    told = tell(story)
    (violation,) = judge_story("I6", told, replace(told.facts(), contexts=contexts)).violations
    said = " Flask 3.1 does so itself for a view that streams with stream_with_context: see docs/flask.md."
    assert violation.explanation.endswith(f".{said}") is known
    assert ("Flask" in violation.explanation) is known


def test_a_breach_names_both_operations_of_a_foreign_exception() -> None:
    (violation,) = judged("1< 1![value=2] 1>").violations
    assert violation.operations == (operation(1), operation(2))


def test_a_late_teardown_is_told_once_for_each_activation() -> None:
    assert judged(f"{UP} 1~ {REQUEST_DOWN} {APP_DOWN} 1>").count == 2


def test_a_killed_process_cuts_off_what_was_open_and_is_blamed_for_nothing() -> None:
    story = tell(f"{DONE} 2< 2+app 2+req 2^rf 3< 4< 4+app 4^af 4^al 4^at 4-app 4^ap")
    result = judge_story("I6", story, story.facts(killed=("server/1",)))
    assert result.count == 0
    assert result.cut_off == (operation(2),)
    assert result.facts["cut_off"] == 1


def test_a_process_that_ended_by_itself_has_left_its_contexts_open() -> None:
    result = judged("2< 2+app 2+req 2^rf")
    assert [violation.anomaly for violation in result.violations] == ["never-popped"]
    assert result.count == 2
    assert result.cut_off == ()


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize(("text", "passed"), PASSED.items())
def test_a_worker_that_went_on_to_the_next_request_was_not_cut_off(
    text: str, size: int, *, passed: bool
) -> None:
    story = tell(text)
    judging = Judging([checker for checker in CHECKERS if checker.law.id == "I6"])
    for batch in story.batches():
        for at in range(0, len(batch.records), size):
            judging.feed(replace(batch, first=at, records=batch.records[at : at + size]))
    (result,) = judging.finish(story.facts(killed=("server/1",)))
    assert {violation.anomaly for violation in result.violations} == ({"never-popped"} if passed else set())
    assert result.cut_off == (() if passed else (operation(1),))


def test_of_several_killed_processes_all_are_listed() -> None:
    story = tell("1< 1+app @2 2< 2+app")
    result = judge_story("I6", story, story.facts(killed=("server/1", "server/2")))
    assert result.cut_off == (operation(1), operation(2))


def test_nothing_that_a_gap_may_explain_is_a_violation() -> None:
    story = tell(f"{UP} 1^rf 1^rt 1-req {APP_DOWN} 1~ 1>")
    gapped = with_journal(story.facts(), "server/1", gaps=1)
    result = judge_story("I6", story, gapped)
    assert (result.count, result.facts["withheld"]) == (0, 1)
    assert judge_story("I6", story).count == 1


def test_a_repetition_is_a_violation_in_spite_of_gaps() -> None:
    story = tell(f"{UP} 1^rf 1^rf 1^rl 1^rt 1-req {APP_DOWN} 1~ 1>")
    assert judge_story("I6", story, with_journal(story.facts(), "server/1", gaps=1)).count == 1


def test_what_was_lost_at_the_end_of_a_full_journal_is_no_violation() -> None:
    story = tell("1< 1+app 1+req 1^rf")
    result = judge_story("I6", story, with_journal(story.facts(), "server/1", lost=9))
    assert (result.count, result.cut_off) == (0, ())
