"""CYCLE: the automaton accepts every path of the reference framework, and no step left out."""

# ruff: noqa: E501 - a row is a story, and is read in one line
from __future__ import annotations

import pytest

from harness.checkers.automaton import APP, LAST, REQUEST, REQUEST_AFTER_ERROR, following
from harness.history.steps import APP_CONTEXT_STEPS, Step
from harness.verdict import Verdict
from tests.unit.checkers.notation import PARTS, judge_story, operation, tell, with_journal

UP, ANSWER, DOWN, LEAVE = "1< 1:up", "1:answer", "1:down", "1~ 1>"
FAILED = "1.handle_user_exception 1.handle_exception"

#: The exceptional paths of docs/cycle.md as the reference framework walks them.
PATHS = {
    "normal": f"1< 1:all {LEAVE}",
    "no route": f"{UP} 1:serve-view 1.handle_user_exception {ANSWER} {DOWN} {LEAVE}",
    "before_request answers": f"{UP} 1:serve-dispatch_request-view {ANSWER} {DOWN} {LEAVE}",
    "OPTIONS is answered without a view": f"{UP} 1:serve-view {ANSWER} {DOWN} {LEAVE}",
    "before_request raises": f"{UP} 1:serve-dispatch_request-view 1.handle_user_exception {ANSWER} {DOWN} {LEAVE}",
    "request_started raises": f"{UP} 1.request_started 1.handle_user_exception {ANSWER} {DOWN} {LEAVE}",
    "a handled error": f"{UP} 1:serve 1.handle_user_exception {ANSWER} {DOWN} {LEAVE}",
    "an unhandled error": f"{UP} 1:serve {FAILED} {ANSWER} {DOWN} {LEAVE}",
    "an error is propagated": f"{UP} 1:serve {FAILED} {DOWN} 1! 1>",
    "make_response raises": f"{UP} 1:serve 1.make_response 1.handle_exception {ANSWER} {DOWN} {LEAVE}",
    "after_request raises, once and again": f"{UP} 1:serve 1.make_response 1.after_this_request 1.after_request"
    f" 1.handle_exception 1.make_response 1.after_this_request 1.after_request 1.start_response {DOWN} {LEAVE}",
    "save_session raises, twice": f"{UP} 1:serve 1:answer-request_finished-start_response 1.handle_exception"
    f" 1:answer-request_finished {DOWN} {LEAVE}",
    "a null session is not saved": f"{UP} 1:serve 1:answer-save_session {DOWN} {LEAVE}",
    "a job with a copy of the request's context": f"{UP} 1:serve 1+app2 1.appcontext_pushed2 1+req2"
    " 1.match_request2 1.teardown_request2 1.request_tearing_down2 1.request_close2 1-req2"
    " 1.teardown_appcontext2 1.appcontext_tearing_down2 1-app2 1.appcontext_popped2"
    f" {ANSWER} {DOWN} {LEAVE}",
    "open_session raises": f"1< 1:up-match_request 1.handle_exception 1:answer-save_session {DOWN} {LEAVE}",
    "a converter raises": f"{UP} 1.handle_exception {ANSWER} {DOWN} {LEAVE}",
    "an untrusted host": f"1< 1:up-match_request 1.request_started 1.url_value_preprocessor 1.before_request"
    f" 1.dispatch_request 1.handle_user_exception {ANSWER} {DOWN} {LEAVE}",
    "appcontext_pushed raises": f"{UP} 1.handle_user_exception 1.handle_exception {ANSWER} {DOWN} {LEAVE}",
    "a BaseException in the view": f"{UP} 1:serve {DOWN} 1! 1>",
    "a BaseException in open_session": f"1< 1:up-match_request {DOWN} 1! 1>",
    "Request() raises": "1< 1! 1>",
    "start_response raises": f"{UP} 1:serve {ANSWER} {DOWN} 1! 1>",
    "a teardown raises": f"{UP} 1:serve {ANSWER} {DOWN} 1! 1>",
    "a stream": f"1<stream 1:up 1:serve {ANSWER} 1~ 1* 1* {DOWN} 1>",
    "a stream raises": f"1<stream 1:up 1:serve {ANSWER} 1~ 1* {DOWN} 1! 1>",
    "a stream raises, and its close too": f"1<stream 1:up 1:serve {ANSWER} 1~ 1* {DOWN} 1! 1! 1>",
    "a nested app context": f"{UP} 1:serve 1+app2 1.appcontext_pushed2 1.teardown_appcontext2"
    f" 1.appcontext_tearing_down2 1-app2 1.appcontext_popped2 {ANSWER} {DOWN} {LEAVE}",
    "an app context of its own": "1< 1+app 1.appcontext_pushed 1.teardown_appcontext"
    f" 1.appcontext_tearing_down 1-app 1.appcontext_popped {LEAVE}",
    "an app context pushed again while active": f"{UP} 1:serve 1.app_context_push 1.appcontext_pushed"
    f" 1.app_context_pop 1.appcontext_popped {ANSWER} {DOWN} {LEAVE}",
    "a request context pushed again while active": f"{UP} 1:serve 1.request_context_push"
    f" 1.request_context_pop {ANSWER} {DOWN} {LEAVE}",
    "the same contexts activated again": f"1< 1:all 1:all {LEAVE}",
    "an app context activated again inside another request context": "1< 1+app 1.appcontext_pushed"
    " 1.teardown_appcontext 1.appcontext_tearing_down 1-app 1.appcontext_popped 1+app2 1.appcontext_pushed2 1+req2"
    " 1.open_session2 1+app 1.appcontext_pushed 1.teardown_appcontext 1.appcontext_tearing_down 1-app"
    " 1.appcontext_popped 1.teardown_request2 1.request_tearing_down2 1.request_close2 1-req2"
    " 1.teardown_appcontext2 1.appcontext_tearing_down2 1-app2 1.appcontext_popped2 1! 1>",
    "contexts activated again for a stream": f"1<stream 1:all 1~ 1:up-open_session 1* {DOWN} 1>",
    "a test request context inside a view": f"{UP} 1:serve 1+app2 1.appcontext_pushed2 1+req2 1.open_session2"
    " 1.match_request2 1.teardown_request2 1.request_tearing_down2 1.request_close2 1-req2"
    " 1.teardown_appcontext2 1.appcontext_tearing_down2 1-app2 1.appcontext_popped2"
    f" {ANSWER} {DOWN} {LEAVE}",
}  # fmt: skip

BREACHES = (
    ("unfinished-cycle", "1< 1:up-match_request 1.handle_exception 1:answer-save_session 1~ 1>",
     "one of its contexts got no further than app"),
    ("illegal-step", f"1< 1:up 1:serve {ANSWER} 1:down-request_tearing_down-request_close {LEAVE}",
     "Operation w0.c1#1 went from teardown_request to request_context_pop; request_tearing_down was due."),
    ("illegal-step", f"1< 1:up 1:serve-before_request {ANSWER} {DOWN} {LEAVE}",
     "went from url_value_preprocessor to dispatch_request; before_request was due."),
    ("illegal-step", f"1< 1:up 1:serve 1.view {ANSWER} {DOWN} {LEAVE}", "went from view to view; make_response was due."),
    ("illegal-step", f"1< 1:up 1:serve 1:answer-request_finished {DOWN} {LEAVE}",
     "went from save_session to start_response; request_finished was due."),
    ("illegal-step", f"{UP} 1:serve {FAILED} 1.make_response 1.handle_exception {DOWN} {LEAVE}",
     "went from make_response to handle_exception; after_this_request was due."),
    ("illegal-step", f"{UP} 1:serve {FAILED} 1.make_response 1.after_this_request 1.save_session {DOWN} {LEAVE}",
     "went from after_this_request to save_session; after_request or start_response was due."),
    ("illegal-step", f"1< 1:all 1+app 1.appcontext_pushed 1+req 1.view {DOWN} {LEAVE}",
     "went from request_context_push to view; open_session or match_request was due."),
    ("illegal-step", f"1< 1:all 1.teardown_appcontext {LEAVE}",
     "went from appcontext_popped to teardown_appcontext; nothing more was due."),
    ("illegal-step", f"1< 1:up 1:serve-view 1.before_request {ANSWER} {DOWN} {LEAVE}",
     "went from dispatch_request to before_request; view or make_response was due."),
    ("illegal-step", f"1< 1:up 1+req {DOWN} {LEAVE}", "went from match_request to request_context_push; request_started was due."),
    ("unpushed-step", f"1< 1.view {LEAVE}", "Operation w0.c1#1 came to view of a context that it had not pushed."),
    ("ended-below", f"{UP} 1:serve 1.teardown_appcontext {LEAVE}",
     "came to teardown_appcontext while the request context pushed on it was still at view."),
    ("unfinished-cycle", f"{UP} 1:serve {LEAVE}", "one of its contexts got no further than appcontext_pushed."),
    ("illegal-frame", "1< 1:all 1~ 1~ 1>", "Operation w0.c1#1 came to return after return."),
    ("step-after-exit", "1< 1> 1.view", "Operation w0.c1#1 came to view when it was not in the target."),
    ("swallowed-exception", f"{UP} 1:serve {DOWN} {LEAVE}",
     "Operation w0.c1#1 went to its teardown before start_response"),
    ("never-left", "1< 1:all 1~", "Operation w0.c1#1 never left the target"),
    ("never-left", "1<", "Operation w0.c1#1 never left the target"),
    ("never-left", "1< 1~ 1< 1~ 1>", "or it came in again."),
)  # fmt: skip


@pytest.mark.parametrize("story", PATHS.values(), ids=PATHS)
def test_a_path_of_the_reference_framework_fits(story: str) -> None:
    result = judge_story("CYCLE", story)
    assert [violation.explanation for violation in result.violations] == []
    assert result.facts["operations"] == 1


@pytest.mark.parametrize(("anomaly", "story", "words"), BREACHES, ids=[f"{b[0]} {b[1]}" for b in BREACHES])
def test_what_does_not_fit_is_told(anomaly: str, story: str, words: str) -> None:
    result = judge_story("CYCLE", story)
    assert result.verdict is Verdict.INVALID
    assert [violation.anomaly for violation in result.violations] == [anomaly]
    assert words in result.violations[0].explanation
    assert result.violations[0].operations == (operation(1),)


@pytest.mark.parametrize("left_out", PARTS["all"].split())
def test_no_step_of_a_normal_request_may_be_left_out(left_out: str) -> None:
    # a null session, a host that is not trusted, OPTIONS
    optional = {".save_session", ".match_request", ".view"}
    words = [word for word in PARTS["all"].split() if word != left_out and word[0] != "^"]
    result = judge_story("CYCLE", " ".join(["1<", *(f"1{word}" for word in words), "1~", "1>"]))
    legal = left_out in optional or left_out[0] == "^"
    assert (result.count == 0) is legal


@pytest.mark.parametrize("repeated", [word for word in PARTS["all"].split() if word[0] == "."])
def test_no_step_of_a_normal_request_may_come_twice(repeated: str) -> None:
    words = [copy for word in PARTS["all"].split() for copy in ([word, word] if word == repeated else [word])]
    result = judge_story("CYCLE", " ".join(["1<", *(f"1{word}" for word in words), "1~", "1>"]))
    assert result.count == 1


def test_every_step_has_its_row_and_every_context_its_end() -> None:
    assert set(APP) | set(REQUEST) == set(Step)
    assert set(APP) == set(APP_CONTEXT_STEPS)
    assert set(REQUEST_AFTER_ERROR) <= set(REQUEST)
    for step in Step:
        assert (not following(step)) == (not following(step, failed=True)) == (step in LAST)


def test_a_killed_process_cuts_off_its_operations() -> None:
    story = tell("1< 1:all 1~ 1> 2< 2:up 3<")
    result = judge_story("CYCLE", story, story.facts(killed=("server/1",)))
    assert result.count == 0
    assert result.cut_off == (operation(2), operation(3))


def test_of_several_killed_processes_all_are_listed() -> None:
    story = tell("1< 1:up @2 2< 2:up")
    result = judge_story("CYCLE", story, story.facts(killed=("server/1", "server/2")))
    assert result.cut_off == (operation(1), operation(2))


def test_of_one_that_ended_by_itself_they_never_left() -> None:
    result = judge_story("CYCLE", "2< 2:up 3<")
    assert {violation.anomaly for violation in result.violations} == {"unfinished-cycle", "never-left"}


def test_nothing_that_a_gap_may_explain_is_a_violation() -> None:
    story = tell("1< 1:up 1:serve-view 1:answer 1:down-request_close 1~ 1>")
    assert judge_story("CYCLE", story).count == 1
    gapped = with_journal(story.facts(), "server/1", gaps=1)
    assert judge_story("CYCLE", story, gapped).count == 0


def test_only_the_first_step_that_does_not_fit_is_told() -> None:
    assert judge_story("CYCLE", "1< 1.view 1.view 1.view 1~ 1>").count == 1


#: What an application of a user's may do by overriding a method of Flask's.
OVERRIDDEN = {
    "its error handler makes the response": f"{UP} 1:serve {FAILED} 1.start_response {DOWN} {LEAVE}",
    "no preprocessing": f"{UP} 1.request_started 1.dispatch_request 1.view {ANSWER} {DOWN} {LEAVE}",
    "no full_dispatch_request": f"{UP} 1.start_response {DOWN} {LEAVE}",
    "a session interface that takes no attribute": f"1< 1:up-open_session 1:serve {ANSWER} {DOWN} {LEAVE}",
    "no session and no routing of Flask's": f"1< 1:up-open_session-match_request 1:serve {ANSWER} {DOWN} {LEAVE}",
}


@pytest.mark.parametrize("story", OVERRIDDEN.values(), ids=OVERRIDDEN.keys())
def test_a_user_s_application_may_leave_steps_out(story: str) -> None:
    assert judge_story("CYCLE", story).count == 1
    assert judge_story("CYCLE", story.replace("1<", "1<visit", 1)).count == 0


@pytest.mark.parametrize(
    "story",
    [
        "1:up 1:serve 1:answer-after_request 1.after_request 1.after_request 1:down 1~ 1>",
        "1:up 1.request_started 1.before_request 1.before_request 1.view 1:answer 1:down 1~ 1>",
        "1:up 1:serve 1:answer 1.start_response 1:down 1~ 1>",
        "1:up 1:serve 1:answer 1.handle_exception 1:down 1~ 1>",
        "1:up 1:serve 1:answer 1:down-request_tearing_down 1~ 1>",
        # A context that was pushed on the request gets the request's answer.
        "1:up 1:serve 1+req2 1.open_session2 1.match_request2 1.make_response2",
    ],
)
def test_of_a_user_s_application_no_step_comes_back_and_no_teardown_is_left_out(story: str) -> None:
    result = judge_story("CYCLE", f"1<visit {story}")
    assert result.violations[0].anomaly == "illegal-step"
