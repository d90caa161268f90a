"""ACCOUNTING: what is not accounted for makes a doubt; a whole history makes none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import Side
from harness.verdict import Verdict
from tests.unit.checkers.notation import judge_story, tell, with_journal

WHOLE = "1( 1< 1> 1)200 2( 2< 2> 2)200"

#: story -> words of its doubt.
DOUBTS = (
    ("", "No operation was sent"),
    ("1( 1)info 1< 1>", "No operation was answered"),
    (f"{WHOLE} 3(", "1 operation was sent but never completed: a load worker ended first (operation w0"),
    (f"{WHOLE} 3)200 3< 3>", "1 operation was completed but never sent"),
    ("1( 1< 1> 1)200 2( 2)200", "1 operation was answered but noted by no target process"),
    (f"{WHOLE} 3< 3>", "1 operation was seen by the target but never sent"),
    ("1( 1< 1> @2 1< 1> 1)200", "1 request reached the target again"),
    (f"{WHOLE} 3( 3)info", "1 operation was sent, and no whole answer came"),
    (f"{WHOLE} 3( 3< 3> 3)info", "1 operation was sent, and no whole answer came"),
    (f"{WHOLE} 3( 3)fail", "1 operation was lost: the target took no connection"),
)  # fmt: skip


def test_a_whole_history_raises_no_doubt() -> None:
    result = judge_story("ACCOUNTING", WHOLE)
    assert (result.verdict, result.doubts) == (Verdict.VALID, ())
    assert result.facts == {"operations": 2, "ok": 2, "fail": 0, "info": 0, "entered": 2}


def test_what_a_cache_answered_never_reached_the_target_and_is_not_lost() -> None:
    result = judge_story("ACCOUNTING", f"{WHOLE} 3( 3)200@2")
    assert (result.verdict, result.doubts) == (Verdict.VALID, ())
    assert result.facts == {"operations": 3, "ok": 3, "fail": 0, "info": 0, "cached": 1, "entered": 2}
    assert judge_story("ACCOUNTING", f"{WHOLE} 3( 3)200@1").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(("story", "words"), DOUBTS, ids=[story or "nothing" for story, _ in DOUBTS])
def test_doubt(story: str, words: str) -> None:
    result = judge_story("ACCOUNTING", story)
    assert result.verdict is Verdict.UNKNOWN
    assert any(words in doubt for doubt in result.doubts)
    assert result.violations == ()


@pytest.mark.parametrize(
    ("source", "changes", "words"),
    [
        ("server/1", {"gaps": 2}, "Journal server/1 has 2 gaps that no kill explains."),
        ("server/1", {"lost": 1}, "had no room for 1 record: free some disk"),
        ("server/1", {"problem": "journal server/1 can't be read: too short"}, "can't be read: too short"),
        ("client/0", {"closed": False}, "its load worker was killed"),
    ],
)
def test_a_journal_that_is_not_whole_is_a_doubt(
    source: str, changes: dict[str, int | bool | str], words: str
) -> None:
    story = tell(WHOLE)
    result = judge_story("ACCOUNTING", story, with_journal(story.facts(), source, **changes))
    assert result.verdict is Verdict.UNKNOWN
    assert [words in doubt for doubt in result.doubts] == [True]


def test_a_killed_worker_alone_is_no_doubt() -> None:
    story = tell(f"{WHOLE} 3( 3< 3)info")
    result = judge_story("ACCOUNTING", story, with_journal(story.facts(("server/1",)), "server/1", torn=1))
    assert result.verdict is Verdict.VALID


def test_an_operation_that_a_killed_worker_had_finished_is_not_explained_by_its_death() -> None:
    story = tell(f"{WHOLE} 3( 3< 3> 3)info")
    result = judge_story("ACCOUNTING", story, with_journal(story.facts(("server/1",)), "server/1"))
    assert result.verdict is Verdict.UNKNOWN


def test_an_operation_that_waited_for_a_killed_worker_is_explained_by_its_death() -> None:
    story = tell(f"{WHOLE} 3( 3)info")
    result = judge_story("ACCOUNTING", story, with_journal(story.facts(("server/1",)), "server/1"))
    assert result.verdict is Verdict.VALID


def test_a_worker_that_was_killed_before_it_wrote_anything_is_no_doubt_either() -> None:
    story = tell(WHOLE)
    facts = story.facts()
    unwritten = JournalFacts(Side.SERVER, "server/2", 1002, 0, closed=False)
    result = judge_story("ACCOUNTING", story, replace(facts, journals=(*facts.journals, unwritten)))
    assert (result.verdict, result.doubts) == (Verdict.VALID, ())


def test_a_black_box_has_to_be_accepted() -> None:
    story = tell("1( 1)200")
    facts = replace(story.facts(inside=False), black_box=False)
    assert "accept that with --black-box" in judge_story("ACCOUNTING", story, facts).doubts[0]


def test_what_went_wrong_while_the_run_was_made_is_a_doubt() -> None:
    story = tell(WHOLE)
    facts: ColumnFacts = replace(story.facts(), doubts=("The target died.", "The target died."))
    assert judge_story("ACCOUNTING", story, facts).doubts == ("The target died.",)


def test_a_target_that_does_not_record_is_not_asked_what_it_saw() -> None:
    story = tell("1( 1)200")
    assert judge_story("ACCOUNTING", story, story.facts(inside=False)).verdict is Verdict.VALID
