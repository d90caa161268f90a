"""What is said where nothing can be said: every doubt's sentence, whole, and its silent twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.checkers.accounting import (
    _NAMED,
    _doubts_of_black_box,
    _doubts_of_journal,
    _doubts_of_load_workers,
    _name,
)
from harness.checkers.judge import Judging, _describe, judge
from harness.checkers.operation_set import OperationSet
from harness.checkers.table import CHECKERS, Checker
from harness.checkers.view import View
from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import Side
from harness.verdict import Result, Verdict
from tests.unit.checkers.notation import Story, judge_story, operation, tell


def journal(side: Side = Side.CLIENT, **known: Any) -> JournalFacts:
    facts: dict[str, Any] = {"closed": True, **known}
    return JournalFacts(side, f"{side.name.lower()}/0", 1, 10, **facts)


def test_a_black_box_that_was_not_asked_for() -> None:
    facts = ColumnFacts("thread", "", inside=False, journals=())
    (told,) = _doubts_of_black_box(facts)
    assert told == (
        "The target recorded nothing from its inside, as only one that crosstalk hosts and whose contexts it"
        " knows does: accept that with --black-box."
    )
    assert list(_doubts_of_black_box(replace(facts, black_box=True))) == []


@pytest.mark.parametrize(
    ("journals", "workers", "found"),
    [(1, 3, "1 journal"), (2, 3, "2 journals"), (3, 3, ""), (0, 3, ""), (1, 1, "")],
)
def test_load_workers_whose_journals_are_missing(journals: int, workers: int, found: str) -> None:
    facts = ColumnFacts(
        "thread",
        "",
        inside=False,
        journals=(journal(Side.SERVER), *[journal() for _ in range(journals)]),
        load_workers=workers,
    )
    told = (
        f"{workers} load workers sent operations, and {found} of theirs can be found: what the others"
        " recorded is missing."
    )
    assert list(_doubts_of_load_workers(facts)) == ([told] if found else [])


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({}, []),
        ({"problem": "it is torn"}, ["it is torn"]),
        (
            {"lost": 2},
            ["Journal client/0 had no room for 2 records: free some disk or raise --disk-max-mb."],
        ),
        ({"gaps": 1}, ["Journal client/0 has 1 gap that no kill explains."]),
        ({"closed": False}, ["Journal client/0 was not closed: its load worker was killed."]),
        ({"closed": False, "problem": "it is torn"}, ["it is torn"]),
    ],
)
def test_what_is_wrong_with_a_journal(known: dict[str, Any], told: list[str]) -> None:
    assert list(_doubts_of_journal(journal(**known))) == told


def test_a_target_s_journal_need_not_be_closed() -> None:
    assert list(_doubts_of_journal(journal(Side.SERVER, closed=False))) == []


def test_of_many_operations_a_few_are_named() -> None:
    operations = OperationSet(np.array([operation(number) for number in range(1, _NAMED + 3)], np.uint64))
    told = _name(operations, "lost")
    assert told.startswith(f"{_NAMED + 2} operations were lost (operation w0.c1#1, ")
    assert told.count("operation w0") == _NAMED
    assert told.endswith(" and 2 more).")
    assert _name(OperationSet(np.array([operation(1)], np.uint64)), "lost") == (
        "1 operation was lost (operation w0.c1#1)."
    )


def test_an_error_is_told_in_one_line() -> None:
    assert _describe(ValueError("one\n  two")) == "ValueError: one two"
    assert _describe(KeyError()) == "KeyError"
    assert _describe(ValueError("x" * 300)) == f"ValueError: {'x' * 200}"


@pytest.mark.parametrize(
    ("law", "purpose"), [("I6", "for the ledger to wait"), ("CYCLE", "to judge the cycle")]
)
@pytest.mark.parametrize(("silent", "number"), [("1<", "1 operation"), ("1< 4<", "2 operations")])
def test_operations_that_fell_silent(
    law: str, purpose: str, silent: str, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.checkers.assembly.SILENCE", 40)
    others = "2< 2:all 2~ 2> 3< 3:all 3~ 3>"
    result = judge_story(law, f"{silent} {others}")
    assert (result.verdict, result.violations) == (Verdict.UNKNOWN, ())
    told = (
        f"{number} entered the target and then fell silent without leaving it, too long {purpose}: the"
        " target does not close its bodies, or hangs."
    )
    assert result.doubts == (told,)
    assert judge_story(law, f"1< 1:all 1~ 1> {others}").doubts == ()


def test_a_law_that_nothing_was_recorded_about() -> None:
    story = tell("1( 1)200")
    result = judge_story("I7", story, replace(story.facts(), scenarios=()))
    assert (result.verdict, result.looked) == (Verdict.UNKNOWN, True)
    assert result.doubts == (
        "Nothing that I7 (issued ids are unique) is about was recorded: run longer, with more operations.",
    )
    named = judge_story("I7", story, story.facts())
    assert (named.verdict, named.looked, named.doubts) == (Verdict.VALID, False, ())


def test_of_an_empty_history_only_the_cause_is_told() -> None:
    results = {
        result.invariant: result for result in judge(ColumnFacts("thread", "", inside=True, journals=()), [])
    }
    assert results.pop("ACCOUNTING").verdict is Verdict.UNKNOWN
    for result in results.values():
        assert (result.verdict, result.looked, result.doubts) == (Verdict.VALID, False, ())


class Crashing:
    """A fold that can't."""

    def feed(self, view: View) -> None:
        raise ValueError("at\nfeeding")

    def finish(self, facts: ColumnFacts) -> Result:
        raise KeyError


class CrashingAtTheEnd(Crashing):
    """One that can't tell what it found."""

    def feed(self, view: View) -> None:
        pass


@pytest.mark.parametrize(
    ("fold", "said"), [(Crashing, "ValueError: at feeding"), (CrashingAtTheEnd, "KeyError")]
)
def test_a_checker_that_crashes_is_named_with_its_law(fold: type[Crashing], said: str) -> None:
    law = CHECKERS[0].law
    story = tell("1( 1)200")
    (result,) = judge_with([Checker(law, lambda _: fold())], story)
    assert (result.invariant, result.title, result.verdict) == (law.id, law.title, Verdict.UNKNOWN)
    (told,) = result.doubts
    assert told == (
        f"The checker of {law.id} ({law.title}) crashed with {said}: that is a fault of the harness;"
        " please report it, with this run's folder."
    )


def judge_with(checkers: list[Checker], story: Story) -> tuple[Result, ...]:
    judging = Judging(checkers)
    for batch in story.batches():
        judging.feed(batch)
    return judging.finish(story.facts())
