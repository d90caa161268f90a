"""Every story that the checkers' tests tell, and all that its law says of it, word for word.

The tests beside the stories assert what matters to each; this holds the rest of the result: counts,
doubts, the events of each witness, the operations it names. Accepted as in test_golden_explanations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.checkers.judge import Judging
from harness.checkers.table import ALL_CHECKERS
from harness.history.event import event_at
from tests.golden.checkers.rendering import hold, lines
from tests.unit.checkers import (
    test_accounting,
    test_cycle,
    test_evidence,
    test_laws_of_one_record,
    test_ledger,
)
from tests.unit.checkers.notation import judge_story, tell

HERE = Path(__file__).parent

#: name -> law and story
TABLES: dict[str, list[tuple[str, str]]] = {
    "of_one_record": [(law, story) for law, story, _, _ in test_laws_of_one_record.STORIES],
    "of_the_ledger": [
        ("I6", story)
        for story in [
            *test_ledger.SILENT.values(),
            *(story for _, story, _, _ in test_ledger.BREACHES),
            *test_ledger.PASSED,
        ]
    ],
    "of_the_cycle": [
        ("CYCLE", story)
        for story in [*test_cycle.PATHS.values(), *(story for _, story, _ in test_cycle.BREACHES)]
    ],
    "of_ids": [
        ("I7", "1( 1=issued_id:n7:0 2( 2=issued_id:n8:0 3( 3=issued_id:n7:0 4( 4=issued_id:n8:0"),
        ("I7", "1=issued_id:0:0 2=issued_id:0:0 3=issued_id:?:0"),
    ],
    "of_accounting": [("ACCOUNTING", story) for story, _ in test_accounting.DOUBTS],
    "of_evidence": [("EVIDENCE", story) for story, _ in test_evidence.SWITCHES],
}


def told(stories: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Render each story under three headings: as it is, with its process killed, as a black box."""
    for law, text in stories:
        yield f"== {text}"
        story = tell(text)
        whole = judge_story(law, story)
        yield from lines(whole)
        for heading, facts in (
            ("killed", story.facts(killed=("server/1",))),
            ("black box", story.facts(inside=False)),
        ):
            result = judge_story(law, story, facts)
            if result != whole:
                yield f"-- {heading}"
                yield from lines(result)


@pytest.mark.parametrize("name", TABLES)
def test_all_that_is_said_of_a_story_is_as_committed(name: str) -> None:
    hold(HERE / f"stories_{name}.txt", "\n".join([*told(TABLES[name]), ""]))


@pytest.mark.parametrize("name", TABLES)
def test_a_story_told_record_by_record_is_the_same(name: str) -> None:
    for law, text in TABLES[name]:
        story = tell(text)
        for facts in (story.facts(), story.facts(killed=("server/1",))):
            judging = Judging([checker for checker in ALL_CHECKERS if checker.law.id == law])
            for batch in story.batches():
                for at in range(len(batch.records)):
                    judging.feed(replace(batch, first=at, records=batch.records[at : at + 1]))
            assert judging.finish(facts) == (judge_story(law, story, facts),), text


@pytest.mark.parametrize("name", TABLES)
def test_a_witness_is_made_of_records_as_they_were_written_each_once(name: str) -> None:
    for law, text in TABLES[name]:
        story = tell(text)
        journals = {batch.source: batch for batch in story.batches()}
        for violation in judge_story(law, story).violations:
            places = [(event.source, event.number) for event in violation.witness]
            assert [event_at(journals[source], number) for source, number in places] == [*violation.witness]
            assert len(set(places)) == len(places) > 0, text
