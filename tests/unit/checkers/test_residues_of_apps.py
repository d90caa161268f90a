"""What I11 and I13 say of a field: whose it was, and which; what was published on purpose may stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.blackbox.carrying import field_canary
from harness.history.columns import SERVER_DTYPE, Batch
from harness.history.facts import JournalFacts
from harness.history.layout import Kind, Residue, Side
from harness.verdict import Result
from tests.unit.checkers.answering import batch_of, facts_of, judge, operation

#: Two greet, one writes into the guestbook.
SENT = "1.1 0 200\n2.1 0 ...\n2.2 1 303"


def left(*rows: tuple[Residue, int, int, int]) -> Batch:
    """Return the journal of a target with these records: point, operation, owner, slot."""
    records = np.zeros(len(rows), SERVER_DTYPE)
    for index, (point, by, owner, slot) in enumerate(rows):
        record = records[index]
        record["op"], record["request"], record["kind"], record["point"] = by, owner, Kind.RESIDUE, point
        record["session"] = field_canary(owner, slot) if slot else owner
        record["value"], record["commit"] = 7, index + 1
    return Batch(Side.SERVER, "server/1", 1, 0, records)


def judged(law: str, batch: Batch, *shared: str) -> Result:
    client = batch_of(SENT)
    return judge(law, batch, client, facts=facts_of(client, batch, shared=shared))


def test_what_is_kept_names_the_field_it_was_sent_in() -> None:
    owner = operation(2)
    (violation,) = judged("I13", left((Residue.KEPT, owner, owner, 3))).violations
    assert violation.explanation.startswith(
        "What operation w0.c2#1 (GET /hello/<name>) had sent in the field 'name' of its path was still there"
    )


def test_what_is_inherited_names_the_field_too() -> None:
    (violation,) = judged("I11", left((Residue.INHERITED, operation(1), operation(2), 2))).violations
    assert "began and ended with what operation w0.c2#1 (GET /hello/<name>) had sent in its cookie" in (
        violation.explanation
    )


@pytest.mark.parametrize(("shared", "count"), [("message", 0), ("/guestbook", 0), ("token", 1)])
@pytest.mark.parametrize(("law", "point"), [("I11", Residue.INHERITED), ("I13", Residue.KEPT)])
def test_what_was_published_may_stay(law: str, point: Residue, shared: str, count: int) -> None:
    owner = operation(2, 2)
    result = judged(law, left((point, operation(1), owner, 3)), shared)
    assert result.count == count
    assert result.facts["declared_as_shared"] == 1 - count


def test_a_whole_request_is_not_published_by_one_of_its_fields() -> None:
    owner = operation(2, 2)
    result = judged("I13", left(*((Residue.KEPT, owner, owner, slot) for slot in range(4))), "message")
    assert result.count == 1
    assert "had sent in its cookie canary" in result.violations[0].explanation


def test_what_one_thing_holds_of_an_operation_counts_once() -> None:
    owner = operation(2)
    result = judged("I13", left(*((Residue.KEPT, owner, owner, slot) for slot in range(4))))
    assert result.count == 1
    assert "the field 'name' of its path" in result.violations[0].explanation


@pytest.mark.parametrize(
    ("batch", "closed", "doubt"),
    [
        (left((Residue.SUMMARY, 0, 0, 0)), True, ""),
        (
            left((Residue.LEFT, operation(1), operation(2), 0)),
            True,
            "not looked for in process 7: the target's log",
        ),
        (left((Residue.LEFT, operation(1), operation(2), 0)), False, "Every process was killed"),
        (left((Residue.SUMMARY, 0, 0, 0)), False, ""),
    ],
)
def test_a_process_that_did_not_look_back_is_none_that_kept_nothing(
    batch: Batch, closed: bool, doubt: str
) -> None:
    journal = JournalFacts(Side.SERVER, batch.source, 7, len(batch.records), closed)
    facts = replace(facts_of(), journals=(journal,))
    result = judge("I13", batch, facts=facts)
    assert len(result.doubts) == bool(doubt)
    assert doubt in "".join(result.doubts)
    assert judge("I12", batch, facts=facts).doubts == ()


def test_whoever_served_nothing_has_nothing_to_look_back_on() -> None:
    journal = JournalFacts(Side.SERVER, "server/1", 7, 0, closed=True)
    assert judge("I13", batch_of(SENT), facts=replace(facts_of(), journals=(journal,))).doubts == ()
