"""Made-up histories that were broken at drawn places: all that every law says of them, word for word.

Stories are short and one law's; here all laws judge a few hundred operations of several journals and
threads at once. Whole, and in small pieces with the journals in turn and every limit low, the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from harness.bench.histories import HistoryMaker
from harness.checkers import assembly, shapes, tally, view
from harness.checkers.judge import Judging
from harness.history.columns import Batch
from harness.history.event import event_at
from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import Kind, Outcome, Side
from harness.verdict import Result
from tests.golden.checkers.rendering import hold, lines

HERE = Path(__file__).parent
EVENTS = 2_000
#: Seed -> model, and the rows of a piece. The last is a black box of which load workers are missing.
HISTORIES = {1: ("thread", 3), 2: ("process", 50), 3: ("greenlet", 7), 4: ("black-box", 20)}
COLUMNS = {Side.SERVER: ("request", "g", "session", "value", "activation"), Side.CLIENT: ("value",)}


def break_somewhere(batch: Batch, random: Random) -> Batch:
    """Change, drop and repeat some of a journal's records."""
    records = batch.records.copy()
    rows = range(len(records))
    for row in random.sample(rows, 12):
        column = random.choice(COLUMNS[batch.side])
        foreign = random.choice([0, 1, 2, int(records["op"][random.choice(rows)])])
        records[column][row] = foreign & 0xFF if column == "activation" else foreign
    for row in random.sample(rows, 40):
        if records["kind"][row] == Kind.TEARDOWN:
            records["detail"][row] = random.choice(list(Outcome))
    dropped = set(random.sample(rows, 6))
    twice = set(random.sample(rows, 4))
    order = [row for row in rows if row not in dropped for _ in range(1 + (row in twice))]
    return replace(batch, records=records[order])


def make(seed: int) -> tuple[ColumnFacts, list[Batch]]:
    """Return a broken history, a batch for each journal, and what is known of its column."""
    random = Random(seed)
    maker = HistoryMaker(seed, journals=2, concurrency=4, rows=1 << 20, block=16)
    whole = [break_somewhere(batch, random) for batch in maker.batches(EVENTS)]
    journals = tuple(
        JournalFacts(batch.side, batch.source, batch.pid, len(batch.records), closed=random.random() < 0.7)
        for batch in whole
    )
    model = HISTORIES[seed][0]
    facts = ColumnFacts(model, "made-up", inside=model != "black-box", journals=journals, load_workers=seed)
    return facts, whole


def in_pieces(whole: list[Batch], size: int) -> Iterator[Batch]:
    """Cut the batches; a piece of each journal in turn."""
    for at in range(0, max(len(batch.records) for batch in whole), size):
        for batch in whole:
            if at < len(batch.records):
                piece = batch.records[at : at + size]
                yield replace(batch, first=batch.first + at, records=piece)


def judged(facts: ColumnFacts, batches: list[Batch]) -> tuple[Result, ...]:
    judging = Judging()
    for batch in batches:
        judging.feed(batch)
    return judging.finish(facts)


@pytest.mark.parametrize("seed", HISTORIES)
def test_what_is_said_of_a_broken_history_is_as_committed(seed: int) -> None:
    results = judged(*make(seed))
    assert any(result.violations for result in results)
    text = "\n".join(line for result in results for line in lines(result))
    hold(HERE / f"made_up_{seed}.txt", text + "\n")


@pytest.mark.parametrize("seed", HISTORIES)
def test_every_witness_is_made_of_records_of_the_history(seed: int) -> None:
    facts, whole = make(seed)
    journals = {batch.source: batch for batch in whole}
    for result in judged(facts, list(in_pieces(whole, HISTORIES[seed][1]))):
        for event in (event for violation in result.violations for event in violation.witness):
            assert event == event_at(journals[event.source], event.number)


@pytest.mark.parametrize("seed", HISTORIES)
def test_in_pieces_it_is_the_same(seed: int) -> None:
    facts, whole = make(seed)
    pieces = list(in_pieces(whole, HISTORIES[seed][1]))
    assert judged(facts, pieces) == judged(facts, whole)
    limits = ((tally, "KEPT", 2), (view, "RECENT", 4), (assembly, "SILENCE", 40), (shapes, "REMEMBERED", 3))
    for module, name, low in limits:
        with patch.object(module, name, low):
            assert judged(facts, pieces) == judged(facts, whole), name
