"""What all checkers say of a few broken histories, word for word, as committed beside this file.

To accept a change that is meant: ``CROSSTALK_UPDATE_GOLDEN=1 python -m pytest tests/golden/checkers``,
then read the difference before it is committed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checkers.judge import judge
from harness.verdict import Verdict
from tests.golden.checkers.rendering import hold, lines
from tests.unit.checkers.notation import tell

HERE = Path(__file__).parent

#: name -> story
STORIES = {
    "a_right_target": "1( 2( 1< 1:up 2< 1:serve 2:up 1?before 2:serve 1?after 1:answer 2:answer 1:down 2:down"
    " 1~ 1> 2~ 2> 1=path:1 1)200 2=path:2 2)200",
    "the_request_of_a_module_global": "1( 2( 1<[value=s1] 2<[value=s2] 1:up 1:serve 1?before 2:up 2:serve"
    " 2?before 1?after[request=2,session=s2,g=2] 1:answer-start_response 1.start_response=2 1^rf=2 1^rl=2"
    " 1^rt=2 1-req 1^af 1^al 1^at 1-app 1^ap 1~ 1>[request=2] 2?after=0 2>[app=target]"
    " 1=path@0:1 1=path@1:2 1=session@1:s2:s1 1=response_header:2 1)200 2=path@1:0 2)500",
    "a_teardown_that_stops_the_others": "1<teardown_error 1( 1:up 1:serve 1:answer"
    " 1:down-rl-request_tearing_down-rt-request_close 1![detail=n1,value=1] 1> 1)500",
    "an_id_twice_and_a_write_lost": "1( 1=issued_id:n77:0 1)200 2( 2=issued_id:n77:0 2)200"
    " 3( 3=read:v2:v3 3)200 4( 4=session_log_missing:4:0 4=sid_replaced:n0:n1 4=vary_cookie:n0:n1 4)200",
    "a_stream_without_its_context": "1<stream 1( 1:all 1~ 1?chunk=0 1* 1?chunk=0 1* 1> 1=chunk:0 1=chunk:0"
    " 1=chunk_count:n2:n2 1)200",
    "a_killed_worker": "1( 2( 1< 1:all 1~ 1> 1)200 2< 2:up 2:serve 2?before 2)info",
}  # fmt: skip
KILLED = {"a_killed_worker": ("server/1",)}


@pytest.mark.parametrize("name", STORIES)
def test_explanations_are_as_committed(name: str) -> None:
    story = tell(STORIES[name])
    results = judge(story.facts(KILLED.get(name, ())), story.batches())
    text = "\n".join([*(line for result in results for line in lines(result)), ""])
    hold(HERE / f"{name}.txt", text)


def test_only_the_right_target_and_the_killed_worker_are_blamed_for_nothing() -> None:
    blamed = set()
    for name, told in STORIES.items():
        story = tell(told)
        results = judge(story.facts(KILLED.get(name, ())), story.batches())
        if any(result.verdict is Verdict.INVALID for result in results):
            blamed.add(name)
    assert set(STORIES) - blamed == {"a_right_target", "a_killed_worker"}
