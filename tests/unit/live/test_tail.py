"""Growing journals are followed record by record, as they are committed and no sooner."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.history.header import HEADER_SIZE
from harness.history.journal import JournalWriter
from harness.history.layout import KIND_SHIFT, RECORD_SIZE, SCENARIO_SHIFT, Kind, Side
from harness.history.scenarios import Scenario
from harness.live.tail import PATIENCE, ROWS_MAX, Tail
from harness.store.runs import Column
from tests.unit.cli.runs import make_column, make_run, operation

META = Scenario.ECHO << SCENARIO_SHIFT | Kind.INVOKE << KIND_SHIFT


class Growing:
    """A client's journal that is written while it is read."""

    def __init__(self, folder: Path, run_id: str = "") -> None:
        self.run = make_run(folder)
        self.column: Column = make_column(self.run)
        self.path = self.column.client_journal("0")
        self.writer = JournalWriter(self.path, Side.CLIENT, 4711, 1 << 24, run_id or self.run.name)
        self.tail = Tail(self.column, self.run.name)
        self.written = 0

    def write(self, count: int) -> None:
        for _ in range(count):
            self.written += 1
            self.writer.write(self.written, operation(self.written), 0, 0, 0, 1, 1, META)

    def seen(self) -> list[tuple[int, int]]:
        """Return the first number and the count of what a look gives."""
        return [(batch.first, len(batch.records)) for batch in self.tail.look()]

    def commit_word(self, record: int, word: int) -> None:
        with self.path.open("r+b") as file:
            file.seek(HEADER_SIZE + (record + 1) * RECORD_SIZE - 8)
            file.write(word.to_bytes(8, "little"))


@pytest.fixture
def growing(tmp_path: Path) -> Growing:
    return Growing(tmp_path)


def test_only_what_is_new_is_told(growing: Growing) -> None:
    assert growing.seen() == []
    growing.write(3)
    assert growing.seen() == [(0, 3)]
    assert growing.seen() == []
    growing.write(2)
    growing.writer.close()
    assert growing.seen() == [(3, 2)]
    assert growing.seen() == []


def test_a_journal_that_comes_later_is_followed_too(growing: Growing) -> None:
    growing.write(1)
    assert growing.seen() == [(0, 1)]
    other = JournalWriter(growing.column.client_journal("1"), Side.CLIENT, 4712, 1 << 24, growing.run.name)
    other.write(1, operation(9), 0, 0, 0, 1, 1, META)
    assert [batch.source for batch in growing.tail.look()] == ["client/1"]


def test_a_record_in_the_making_is_waited_for(growing: Growing) -> None:
    growing.write(5)
    growing.commit_word(2, 0)
    assert growing.seen() == [(0, 2)]
    assert growing.seen() == []
    growing.commit_word(2, 3)
    assert growing.seen() == [(2, 3)]
    assert growing.tail.facts()[0].gaps == 0


def test_but_not_for_ever(growing: Growing) -> None:
    growing.write(5)
    growing.commit_word(2, 0)
    looks = [growing.seen() for _ in range(PATIENCE + 3)]
    assert [look for look in looks if look] == [[(0, 2)], [(3, 2)]]
    (facts,) = growing.tail.facts()
    assert (facts.gaps, facts.committed, facts.closed) == (1, 4, False)


def test_the_end_of_what_is_written_is_no_gap(growing: Growing) -> None:
    growing.write(2)
    for _ in range(PATIENCE * 3):
        growing.seen()
    assert growing.tail.facts()[0].gaps == 0


def test_one_look_takes_so_much_and_no_more(growing: Growing) -> None:
    growing.write(ROWS_MAX + 5)
    assert growing.seen() == [(0, ROWS_MAX)]
    assert growing.seen() == [(ROWS_MAX, 5)]


def test_a_journal_of_another_run_or_a_link_is_a_problem_and_no_evidence(tmp_path: Path) -> None:
    foreign = Growing(tmp_path / "one", run_id="another-run")
    foreign.write(1)
    assert foreign.seen() == []
    assert "another run" in foreign.tail.facts()[0].problem
    linked = Growing(tmp_path / "two")
    linked.write(1)
    moved = tmp_path / "elsewhere"
    linked.path.rename(moved)
    linked.path.symlink_to(moved)
    assert linked.seen() == []


def test_words_nobody_knows_end_the_following(growing: Growing) -> None:
    growing.writer.write(1, operation(1), 0, 0, 0, 1, 1, 99 << KIND_SHIFT)
    assert growing.seen() == []
    assert "kind 99" in growing.tail.facts()[0].problem
