"""Whole, in pieces, and torn at every byte: what was committed comes back, and nothing else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.history.columns import SERVER_DTYPE, Records
from harness.history.header import HEADER_SIZE
from harness.history.journal import JournalWriter
from harness.history.layout import KIND_SHIFT, POINT_SHIFT, RECORD_SIZE, Kind, Side
from harness.history.reader import open_journal
from harness.history.steps import Step

WORD = st.integers(0, (1 << 64) - 1)
VIEW = Kind.STEP << KIND_SHIFT | Step.VIEW << POINT_SHIFT
RECORDS = st.lists(st.tuples(WORD, WORD, WORD, WORD, WORD, WORD, WORD), min_size=1, max_size=40)


def record(folder: str, words: list[tuple[int, ...]]) -> JournalWriter:
    writer = JournalWriter(Path(folder) / "one.journal", Side.SERVER, os.getpid(), 1 << 20)
    for t, op, request, session, g, value, where in words:
        writer.write(t, op, request, session, g, value, where, VIEW)
    return writer


def read(path: Path, rows: int = 65_536) -> Records:
    batches = [batch.records for batch in open_journal(path, "server/1").batches(rows)]
    return np.concatenate(batches) if batches else np.empty(0, SERVER_DTYPE)


@settings(derandomize=True, deadline=None)
@given(RECORDS, st.integers(1, 50))
def test_in_pieces_as_whole(words: list[tuple[int, ...]], rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writer = record(folder, words)
        writer.close()
        whole, pieces = read(writer.path), read(writer.path, rows)
        assert np.array_equal(whole, pieces)
        names = ("t", "op", "request", "session", "g", "value")
        assert [tuple(int(row[name]) for name in names) for row in whole] == [w[:6] for w in words]
        assert [int(row["thread"]) | int(row["greenlet"]) << 32 for row in whole] == [w[6] for w in words]


@settings(derandomize=True, deadline=None, max_examples=30)
@given(RECORDS)
def test_torn_at_every_byte_of_the_last_record(words: list[tuple[int, ...]]) -> None:
    """A kill leaves a prefix of the last record; a copy that broke off leaves a prefix of the file."""
    with tempfile.TemporaryDirectory() as folder:
        writer = record(folder, words)
        writer.abandon()
        content = writer.path.read_bytes()
        copy = Path(folder) / "copy"
        last = HEADER_SIZE + (len(words) - 1) * RECORD_SIZE
        # Of the commit word one byte is enough while the numbers are that small.
        for kept in range(RECORD_SIZE - 7):
            begun = content[last : last + kept]
            copy.write_bytes(content[: last + kept] + bytes(len(content) - last - kept))
            facts = open_journal(copy, "server/1").facts
            assert (facts.committed, facts.gaps) == (len(words) - 1, 0)
            assert facts.torn == any(begun)
            copy.write_bytes(content[: last + kept])
            facts = open_journal(copy, "server/1").facts
            assert (facts.committed, facts.gaps) == (len(words) - 1, 1)
        for kept in range(RECORD_SIZE - 7, RECORD_SIZE + 1):
            copy.write_bytes(content[: last + kept] + bytes(len(content) - last - kept))
            facts = open_journal(copy, "server/1").facts
            assert (facts.committed, facts.torn, facts.gaps) == (len(words), 0, 0)


@pytest.mark.parametrize("number", [255, 256, 65_535, 65_536])
def test_a_commit_word_is_no_other_number_half_written(number: int, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "one.journal", Side.SERVER, os.getpid(), 64 << 20)
    for _ in range(number):
        writer.write(1, 2, 3, 4, 5, 6, 7, VIEW)
    writer.abandon()
    content = writer.path.read_bytes()
    last = HEADER_SIZE + (number - 1) * RECORD_SIZE
    length = (number.bit_length() + 7) // 8
    copy = tmp_path / "copy"
    for kept in range(length + 1):
        end = last + RECORD_SIZE - 8 + kept
        copy.write_bytes(content[:end] + bytes(len(content) - end))
        facts = open_journal(copy, "server/1").facts
        whole = content[end : last + RECORD_SIZE] == bytes(8 - kept)
        assert (facts.committed, facts.torn) == ((number, 0) if whole else (number - 1, 1))
