"""I0-I5, I8-I10, G: each story of a breach stands next to its silent twin."""

# ruff: noqa: E501 - a row is a story, and is read in one line
from __future__ import annotations

from dataclasses import replace

import pytest

from harness.checkers import (
    backend,
    clean_start,
    fresh_start,
    headers,
    issued_ids,
    own_after_yield,
    own_session,
    read_back,
    status,
    streams,
)
from harness.checkers.fields import SAYINGS
from harness.checkers.sightings import SIGHTINGS
from harness.history.layout import OF_APPS, Field, Kind
from harness.verdict import Verdict
from tests.unit.checkers.notation import judge_story, operation, tell

#: law, a story, its anomaly ('' for none), and words of its explanation.
STORIES = (
    # I0: nothing is current at the edges
    ("I0", "1< 1:all 1~ 1>", "", ""),
    ("I0", "2< 1<[request=2]", "left-behind", "When operation w0.c1#1 reached the target, the request of operation w0.c2#1"),
    ("I0", "1<[g=2]", "left-behind", "g of operation w0.c2#1 was still current"),
    ("I0", "1<[session=s2]", "left-behind", "session w0.c2#1 was still current"),
    ("I0", "1<[app=target]", "left-behind", "an app context was still current"),
    ("I0", "1< 1>[request=1]", "not-cleared", "After operation w0.c1#1 had left the target, the request of"),
    ("I0", "1< 1.view=2 1>", "", ""),  # inside is I1's
    ("I0", "1< 1?job_start[request=0,app=none] 1?job 1?job_end[request=0,app=none] 1>", "", ""),
    ("I0", "2< 1< 1?job_start[request=2]", "left-behind", "When a job of operation w0.c1#1 started on a pool's thread, the request of operation w0.c2#1 was still current."),
    ("I0", "1< 1?job_end[request=1]", "not-cleared", "After a job of operation w0.c1#1 had ended on a pool's thread, the request of operation w0.c1#1 was still"),
    ("I0", "1( 1=job_found:0:0 1=job_left:0:0", "", ""),
    ("I0", "2( 1( 1=job_found:2:0", "wrong-job-found", "The job of operation w0.c1#1 found operation w0.c2#1 on the thread of its pool, where nothing was due."),
    ("I0", "1( 1=job_left:1:0", "wrong-job-left", "The job of operation w0.c1#1 left operation w0.c1#1 on the thread of its pool"),
    # I1: own at every checkpoint
    ("I1", "1< 2< 1+app 1+req 1?before 2+app 2+req 1?after 2?after", "", ""),
    ("I1", "2< 1< 1+app 1+req 1.view=2", "foreign-request", "At view, operation w0.c1#1 saw the request of operation w0.c2#1."),
    ("I1", "1< 1+app 1+req 1?after=2", "foreign-request", "At view_after_yield, operation w0.c1#1 saw"),
    ("I1", "1< 1+app 1+req 1.view=?", "foreign-request", "the request of a value without a canary"),
    ("I1", "1< 1+app 1+req 1.after_request=0", "lost-request", "At after_request, operation w0.c1#1 had lost its request"),
    ("I1", "1< 1+app 1+req 1^rl=0", "lost-request", "At teardown_request_last"),
    ("I1", "1< 1+app 1+req 1?before[g=1] 1?after[g=2]", "foreign-g", "At view_after_yield, operation w0.c1#1 saw g of operation w0.c2#1."),
    ("I1", "1< 1+app 1+req 1.view[app=none]", "lost-app", "At view, operation w0.c1#1 had lost its app context"),
    ("I1", "1< 1+app 1+req 1.view[app=other]", "foreign-app", "At view, operation w0.c1#1 saw an app that is not its own"),
    ("I1", "1< 1:up 1:serve 1:answer 1:down 1~ 1>", "", ""),
    # a nested app context's steps see the request around it; Flask 3.2 unbinds it: neither is a breach
    ("I1", "1< 1:up 1+app2 1.appcontext_pushed2 1?nested 1-app2 1.appcontext_popped2", "", ""),
    ("I1", "1< 1:up 1+app2[request=0] 1?nested=0", "", ""),
    ("I1", "1< 1:up 1?nested=2", "foreign-request", "At nested_app_context"),
    ("I1", "1<[request=2] 1>[request=2]", "", ""),  # the edges are I0's
    ("I1", "1< 1~[request=2] 1*[request=2]", "", ""),  # no context is due where the wrapper looks
    ("I1", "1< 1:up 1?chunk=2", "", ""),  # a stream is I5's
    ("I1", "1( 1=path:1 1=path@1:1", "", ""),
    ("I1", "2( 1( 1=path@1:2", "foreign-path", "Operation w0.c1#1 found operation w0.c2#1 in its path after the yield, where its own canary was due."),
    ("I1", "2( 1( 1=path@3:2", "foreign-path", "found operation w0.c2#1 in its path, where its own canary was due."),
    ("I1", "1( 1=form:0", "lost-form", "found nothing in its form before the yield"),
    ("I1", "1( 1=json:?", "foreign-json", "found a value without a canary in its JSON body"),
    ("I1", "1( 1=remote_addr:n2130706434:n2130706435", "wrong-remote-addr", "told the remote address 127.0.0.2 before the yield, but it came from 127.0.0.3."),
    ("I1", "1( 1=g@2:0", "lost-g", "found nothing in g as it left"),
    ("I1", "1( 1=nested_g@1:1:0", "foreign-nested-g", "found operation w0.c1#1 in g around a nested app context after the yield, where nothing was due."),
    ("I1", "1< 1:up 1?job 1?job_start[request=0,app=none]", "", ""),
    ("I1", "2< 1< 1:up 1?job=2", "foreign-request", "At job, operation w0.c1#1 saw the request of operation w0.c2#1."),
    ("I1", "1< 1:up 1?job=0", "lost-request", "At job, operation w0.c1#1 had lost its request"),
    ("I1", "2( 1( 1=job_request:2", "foreign-job-request", "found operation w0.c2#1 in `request` in its job, where"),
    ("I1", "1( 1=error:2", "foreign-error", "in the error its handler was given, where"),
    # I2: fresh
    ("I2", "1< 1+app 1+app2", "", ""),
    ("I2", "1< 1+app[g=2]", "stale-g", "At app_context_push, g of operation w0.c1#1 already held operation w0.c2#1; it must start empty."),
    ("I2", "1< 1+app 1+app2[g=1]", "stale-g", "already held operation w0.c1#1"),
    ("I2", "1< 1+app 1+req[g=1] 1.view[g=1]", "", ""),
    ("I2", "1( 1=g_fresh:0:0", "", ""),
    ("I2", "1( 1=g_fresh:2:0", "wrong-g-fresh", "g already held operation w0.c2#1 when operation w0.c1#1 started"),
    ("I2", "1( 1=job_g:0:0", "", ""),
    ("I2", "1( 1=job_g:2:0", "wrong-job-g", "g of the job of operation w0.c1#1 already held operation w0.c2#1; it must start empty."),
    # I3: the session
    ("I3", "1<[value=s1] 1+app 1+req 1.view[session=s1] 1?after[session=0]", "", ""),
    ("I3", "2<[value=s2] 1<[value=s1] 1+app 1+req 1.view[session=s2]", "foreign-session", "At view, operation w0.c1#1, sent with session w0.c1#1, saw session w0.c2#1 (that of operation w0.c2#1) in its session."),
    ("I3", "1< 1+app 1+req 1.view[session=s2]", "uninvited-session", "operation w0.c1#1, sent without a session, saw session w0.c2#1 in its session."),
    ("I3", "1<[value=s1] 1.view[request=2,session=s2]", "", ""),  # another's request is I1's
    ("I3", "1( 1=session:s1:s1 1=sid_replaced:n1:n1", "", ""),
    ("I3", "1( 1=session@1:s2:s1", "foreign-session", "Operation w0.c1#1 found session w0.c2#1 in its session after the yield, where session w0.c1#1 was due."),
    ("I3", "2<[value=s2] 2( 1<[value=s1] 1( 1=session:s2:s1", "foreign-session", "found session w0.c2#1 (that of operation w0.c2#1) in its session before the yield, where"),
    ("I3", "1( 1=session:0:s1", "lost-session", "found its session empty before the yield"),
    ("I3", "1( 1=session_log_missing:1:0", "wrong-session-log-missing", "lacks the entry of operation w0.c1#1."),
    ("I3", "1( 1=session_log_foreign:2:0", "wrong-session-log-foreign", "holds an entry of operation w0.c2#1, which"),
    ("I3", "1( 1=sid_replaced:n0:n1", "wrong-sid-replaced", "Operation w0.c1#1 sent an unknown session id, and"),
    ("I3", "1( 1=job_session:s1:s1", "", ""),
    ("I3", "1( 1=job_session:s2:s1", "foreign-job-session", "Operation w0.c1#1 found session w0.c2#1 in the session in its job, where session w0.c1#1 was due."),
    ("I3", "1( 1=job_session:0:s1", "lost-job-session", "found the session in its job empty, where"),
    # I4: headers and cookies
    ("I4", "1( 1=response_header:1 1=set_cookie_count:n1:n1 1=vary_cookie:n1:n1 1=response_cookie:1 1=allow:n1:n1", "", ""),
    ("I4", "1( 1=response_header:2", "foreign-response-header", "found operation w0.c2#1 in a header of its response, where"),
    ("I4", "1( 1=response_header:0", "lost-response-header", "found nothing in a header of its response, where"),
    ("I4", "1( 1=set_cookie_count:n2:n1", "wrong-set-cookie-count", "set 2 session cookies where 1 was due."),
    ("I4", "1( 1=vary_cookie:n0:n1", "wrong-vary-cookie", "Vary does not name Cookie."),
    ("I4", "1( 1=response_cookie:2", "foreign-response-cookie", "in a cookie that its response set, where"),
    ("I4", "1( 1=allow:n0:n1", "wrong-allow", "does not name the URL's methods."),
    ("I4", "1( 1=shared_page:s1:s1 1=static_bytes:n1:n1 1=static_vary:n0:n0", "", ""),
    ("I4", "1( 1=shared_page:s2:s1", "foreign-shared-page", "Operation w0.c1#1 got the page of session w0.c2#1 out of a shared cache, where that of session w0.c1#1 was due."),
    ("I4", "1( 1=shared_page:0:s1", "lost-shared-page", "got a page of nobody's session out of a shared cache, where"),
    ("I4", "1( 1=static_bytes:n0:n1", "wrong-static-bytes", "does not hold the bytes of the static file."),
    ("I4", "1( 1=static_vary:n1:n0", "wrong-static-vary", "is a static file, the same for all, but its Vary names Cookie."),
    # I5: streams
    ("I5", "1<stream 1:up 1~ 1?chunk 1*", "", ""),
    ("I5", "2< 1<stream 1:up 1~ 1?chunk=2", "foreign-request", "At stream_chunk, operation w0.c1#1 saw the request of operation w0.c2#1."),
    ("I5", "1<stream 1:up 1~ 1?chunk=0", "lost-request", "At stream_chunk, operation w0.c1#1 had lost its request"),
    ("I5", "1<stream 1:up 1~ 1?chunk[g=2]", "foreign-g", "At stream_chunk, operation w0.c1#1 saw g of operation w0.c2#1."),
    ("I5", "1( 1=chunk:1 1=chunk_count:n3:n3", "", ""),
    ("I5", "1( 1=chunk:2", "foreign-chunk", "found operation w0.c2#1 in a chunk of its stream, where"),
    ("I5", "1( 1=chunk_count:n2:n3", "wrong-chunk-count", "had 2 chunks where 3 were due."),
    # I8: status and body
    ("I8", "1< 1( 1)200", "", ""),
    ("I8", "1<not_found 1( 1)404", "", ""),
    ("I8", "1<not_found 1( 1)200", "illegal-status", "Operation w0.c1#1 was answered with status 200; not_found allows 404."),
    ("I8", "1( 1)500", "illegal-status", "with status 500; echo allows 200."),
    ("I8", "1( 1)info 2( 2)fail", "", ""),
    ("I8", "1( 1=body_parsed:n1:n1 1=response_count:n1:n1 1)200", "", ""),
    ("I8", "1( 1=body_parsed:n0:n1", "wrong-body-parsed", "The body of the response to operation w0.c1#1 did not parse."),
    ("I8", "1( 1=response_count:n2:n1", "wrong-response-count", "Operation w0.c1#1 got 2 responses where 1 was due."),
    # I9: read your writes
    ("I9", "1( 1=read:v1:v1", "", ""),
    ("I9", "1( 1=read:v2:v1", "foreign-read", "Operation w0.c1#1 read back value w0.c2#1, where value w0.c1#1 was due."),
    ("I9", "1( 1=read:0:v1", "lost-read", "Operation w0.c1#1 read back nothing, where value w0.c1#1 was due."),
    # I10: nothing outlives its request
    ("I10", "1< 1> 1%summary[op=0,value=n3]", "", ""),
    ("I10", "1< 1> 1%summary[op=0,value=n3] 1%request:never", "never-freed", "The request of operation w0.c1#1 was still there after the last request and a run of the garbage collector: something refers to it."),
    ("I10", "1%request:never", "never-freed", "The request of operation w0.c1#1 was still there after the last request"),
    ("I10", "1< 1> 1%request:never[value=n1]", "never-freed", "run of the garbage collector: a function's closure refers to it."),
    ("I10", "1< 1> 1%request:never[value=n99]", "never-freed", "run of the garbage collector: something refers to it."),
    ("I10", "1< 1> 1%summary[op=0,value=n3] 1%request_context:collector", "left-to-collector", "The request context of operation w0.c1#1 outlived it in a cycle: only the garbage collector frees it."),
    # I11: nothing is inherited
    ("I11", "2< 2> 2&left[request=2] 1< 1> 1&summary[op=0,value=n2]", "", ""),
    ("I11", "2< 2> 1< 1> 1&inherited[request=2,value=n7]", "inherited", "Operation w0.c1#1 began and ended with what operation w0.c2#1 had sent and left behind in the ContextVar 'user'."),
    ("I11", "2< 2> 1< 1> 1&inherited[request=2,value=n8]", "inherited", "left behind in something unnamed (0000000000000008)."),
    ("I11", "1< 1&active_at_start[value=n7]", "active-at-start", "When operation w0.c1#1 reached the application, the ContextVar 'user' was still active."),
    ("I11", "1< 1&active_when_idle[value=n7]", "active-when-idle", "A thread of a pool had no work left, and the ContextVar 'user' was still active."),
    # I12: a body is closed once
    ("I12", "1< 1> 1&summary[op=0,value=n1]", "", ""),
    ("I12", "1< 1> 1&closed_again", "closed-again", "The body of operation w0.c1#1 was closed a second time."),
    ("I12", "1< 1&never_closed", "never-closed", "The body of operation w0.c1#1 was dropped and never closed."),
    # I13: nothing is kept
    ("I13", "1< 1> 1&cached[request=1,value=n7] 1&summary[op=0,value=n1]", "", ""),
    ("I13", "1< 1> 1&held[request=1,value=n7] 1&summary[op=0,value=n1]", "", ""),
    ("I13", "1< 1> 1&kept[request=1,value=n7,activation=n3]", "kept", "What operation w0.c1#1 had sent was still there after the last request: the ContextVar 'user' holds data of 3 operations."),
    ("I13", "1< 1> 1&threads[op=0,value=n7,activation=n20]", "threads-stay", "20 more threads were alive after the last request than when the process was warm: the ContextVar 'user'."),
    ("I13", "1< 1> 1&files[op=0,value=n7,activation=n20]", "files-stay", "20 more files were open after the last request"),
    ("I13", "1< 1> 1&sockets[op=0,value=n7,activation=n20]", "sockets-stay", "20 more sockets were open"),
    # G: the backend's reply
    ("G", "1( 1=backend_reply:1", "", ""),
    ("G", "2( 1( 1=backend_reply:2", "foreign-backend-reply", "Operation w0.c1#1 found operation w0.c2#1 in the reply of its backend, where its own canary was due."),
    ("G", "1( 1=backend_reply:0", "lost-backend-reply", "found nothing in the reply of its backend, where"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("law", "story", "anomaly", "words"), STORIES, ids=[f"{s[0]} {s[1]}" for s in STORIES]
)
def test_story(law: str, story: str, anomaly: str, words: str) -> None:
    result = judge_story(law, story)
    if anomaly:
        assert result.verdict is Verdict.INVALID
        assert [violation.anomaly for violation in result.violations] == [anomaly]
        assert words in result.violations[0].explanation
        assert (result.count, result.kinds) == (1, {anomaly: 1})
    else:
        assert result.violations == ()
        assert result.verdict is not Verdict.INVALID


def test_every_field_is_one_laws_business_and_has_a_saying() -> None:
    modules = (
        *(backend, clean_start, fresh_start, headers, issued_ids, own_after_yield, own_session, read_back),
        *(status, streams),
    )
    fields = [field for module in modules for field in module.FIELDS]
    assert sorted(fields) == sorted(set(Field) - OF_APPS)
    assert set(SAYINGS) == set(Field) - OF_APPS - {Field.ISSUED_ID}


def test_every_saying_and_every_sighting_is_told_by_a_story() -> None:
    told = {anomaly for _, _, anomaly, _ in STORIES}
    assert set(SIGHTINGS) <= told
    for field in SAYINGS:
        name = field.name.lower().replace("_", "-")
        carried = {"query", "header", "cookie"}  # as path
        assert any(anomaly.endswith(name) for anomaly in told) or name in carried


def test_a_witness_begins_with_what_brought_the_foreign_canary_in() -> None:
    (violation,) = judge_story("I1", "2< 1< 1+app 1+req 1?after=2").violations
    assert [(event["op"], event["kind"]) for event in violation.witness] == [
        (operation(2), 16),
        (operation(1), 25),
    ]
    assert violation.operations == (operation(1), operation(2))
    assert violation.checkpoint == "view_after_yield"


def test_a_client_violation_names_the_owner_by_its_invoke() -> None:
    (violation,) = judge_story("I1", "2( 1( 1=query:2").violations
    assert [event["op"] for event in violation.witness] == [operation(2), operation(1)]


def test_an_owner_out_of_reach_leaves_one_event() -> None:
    (violation,) = judge_story("I1", "1< 1+app 1+req 1?after=2").violations
    assert len(violation.witness) == 1
    assert violation.operations == (operation(1),)


def test_records_of_requests_that_are_none_of_ours_are_not_judged() -> None:
    story = tell("1<[op=?] 1.view[op=?,request=2] 1>[op=?]")
    assert judge_story("I1", story).violations == ()
    assert judge_story("I0", tell("1<[op=?,request=2]")).count == 1  # but what they meet is


@pytest.mark.parametrize("law", ["I6", "CYCLE"])
@pytest.mark.parametrize("story", ["1<[op=?] 1>[op=?] 1.view[op=?] 1^rf[op=?]", "1.view[op=0] 1^rf[op=0]"])
def test_nor_are_they_put_together_to_whole_ones(law: str, story: str) -> None:
    assert judge_story(law, story).violations == ()


def test_one_record_of_each_side_is_something_that_was_looked_at() -> None:
    result = judge_story("I2", "1< 1+app 1( 1=g_fresh:0:0")
    assert (result.looked, result.facts) == (True, {"server_records": 1, "client_records": 1})


@pytest.mark.parametrize("law", ["I0", "I1", "I2", "I6", "CYCLE"])
def test_a_target_that_recorded_nothing_is_a_doubt_not_a_proof(law: str) -> None:
    result = judge_story(law, "1( 1)200")
    assert result.verdict is Verdict.UNKNOWN
    assert law in result.doubts[0]


@pytest.mark.parametrize("law", ["I0", "I6", "CYCLE"])
def test_without_the_targets_records_the_inside_is_not_looked_at(law: str) -> None:
    story = tell("1( 1)200")
    result = judge_story(law, story, story.facts(inside=False))
    assert not result.looked
    assert result.verdict is Verdict.VALID


def test_without_the_targets_records_the_outside_still_counts() -> None:
    story = tell("2( 1( 1=path:2 1)200")
    assert judge_story("I1", story, story.facts(inside=False)).verdict is Verdict.INVALID


def test_a_reply_of_the_backend_is_proved_by_two_operations() -> None:
    (violation,) = judge_story("G", "2( 1( 1=backend_reply:2").violations
    assert violation.operations == (operation(1), operation(2))
    assert [event["op"] for event in violation.witness] == [operation(2), operation(1)]


def test_another_caller_s_page_is_proved_by_two_operations() -> None:
    (violation,) = judge_story("I4", "2<[value=s2] 2( 1<[value=s1] 1( 1=shared_page:s2:s1").violations
    assert violation.operations == (operation(1), operation(2))


def test_what_a_census_counted_is_told() -> None:
    result = judge_story("I10", "1< 1> 1%summary[op=0,value=n30] @2 1%summary[op=0,value=n4]")
    assert result.looked
    assert result.facts == {"server_records": 2, "processes": 2, "objects": 34}


def test_an_object_that_outlived_its_operation_is_shown_with_its_entry_and_its_kind() -> None:
    story = "1< 1> 1%summary[op=0,value=n3] 1%request:never 1%request_context:never 1%app_context:never"
    result = judge_story("I10", story)
    assert result.count == 3
    assert [event["kind"] for event in result.violations[0].witness] == [Kind.ENTER, Kind.CENSUS]


def test_a_process_without_a_census_is_not_looked_at_and_no_doubt() -> None:
    story = tell("1< 1:all 1~ 1> 1( 1)200")
    whole_mix = replace(story.facts(), scenarios=())
    result = judge_story("I10", story, whole_mix)
    assert (result.looked, result.verdict, result.doubts) == (False, Verdict.VALID, ())


@pytest.mark.parametrize("law", ["I4", "I7", "I9", "I10", "G"])
def test_what_the_workload_did_not_touch_reads_not_looked_at(law: str) -> None:
    result = judge_story(law, "1< 1:all 1~ 1> 1( 1)200")
    assert (result.looked, result.verdict) == (False, Verdict.VALID)
