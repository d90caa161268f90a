"""The reader: what it refuses, and what it says of journals that are whole, torn or have gaps."""

from __future__ import annotations

import os
import resource
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.history.collect import read_history
from harness.history.facts import JournalFacts
from harness.history.header import ENDING_OFFSET, HEADER_SIZE
from harness.history.journal import JournalWriter
from harness.history.layout import (
    APP_SHIFT,
    DETAIL_SHIFT,
    KIND_SHIFT,
    POINT_SHIFT,
    RECORD_SIZE,
    SCENARIO_SHIFT,
    Callback,
    Field,
    Kind,
    Look,
    Outcome,
    Side,
)
from harness.history.reader import JournalError, open_journal
from harness.history.scenarios import Scenario
from harness.history.steps import Step

WriterMaker = Callable[..., JournalWriter]


def meta(kind: int, point: int = 0, detail: int = 0, app: int = 0) -> int:
    return kind << KIND_SHIFT | point << POINT_SHIFT | detail << DETAIL_SHIFT | app << APP_SHIFT


VIEW = meta(Kind.STEP, Step.VIEW)


def write(writer: JournalWriter, count: int, threads: int = 1) -> bytearray:
    """Write records of so many threads; return the file as a killed process would leave it."""
    for number in range(count):
        writer.write(number, 2, 3, 4, 5, 6, 100 + number % threads, VIEW)
    writer.abandon()
    return bytearray(writer.path.read_bytes())


def row(number: int) -> slice:
    start = HEADER_SIZE + number * RECORD_SIZE
    return slice(start, start + RECORD_SIZE)


def facts_of(path: Path, content: bytes | bytearray) -> JournalFacts:
    path.write_bytes(content)
    return open_journal(path, "server/1").facts


# what is refused


@pytest.mark.parametrize(
    ("offset", "value", "complaint"),
    [
        (0, b"NOTOURS!", "not a crosstalk journal"),
        (8, struct.pack("<H", 2), "format 2"),
        (10, b"\x03", "side 3"),
        (12, struct.pack("<I", 80), "80 bytes"),
        (16, struct.pack("<I", 0), "process 0"),
        (48, b"\xff\xfe", "run id"),
        (ENDING_OFFSET, struct.pack("<Q", 2), "2 times closed"),
    ],
)
def test_a_header_that_is_none_of_ours(
    make_writer: WriterMaker, tmp_path: Path, offset: int, value: bytes, complaint: str
) -> None:
    content = write(make_writer(), 3)
    assert facts_of(tmp_path / "twin", content).committed == 3
    content[offset : offset + len(value)] = value
    (tmp_path / "copy").write_bytes(content)
    with pytest.raises(JournalError, match=complaint) as caught:
        open_journal(tmp_path / "copy", "server/1")
    assert str(caught.value).startswith("journal server/1 can't be read: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, 1, 8, HEADER_SIZE - 1])
def test_a_header_that_is_cut_off(make_writer: WriterMaker, tmp_path: Path, size: int) -> None:
    (tmp_path / "copy").write_bytes(write(make_writer(), 3)[:size])
    with pytest.raises(JournalError, match="cut off"):
        open_journal(tmp_path / "copy", "server/1")


def test_a_header_alone_is_an_empty_journal(make_writer: WriterMaker, tmp_path: Path) -> None:
    facts = facts_of(tmp_path / "copy", write(make_writer(), 3)[:HEADER_SIZE])
    assert (facts.committed, facts.closed, facts.gaps) == (0, False, 1)


def test_another_runs_journal(make_writer: WriterMaker) -> None:
    writer = make_writer(run_id="20260101-000000-abcdef")
    write(writer, 3)
    assert open_journal(writer.path, "server/1", "20260101-000000-abcdef").facts.committed == 3
    with pytest.raises(JournalError, match="belongs to run '20260101-000000-abcdef'"):
        open_journal(writer.path, "server/1", "20260202-000000-abcdef")


def test_what_is_no_regular_file(make_writer: WriterMaker, tmp_path: Path) -> None:
    writer = make_writer()
    write(writer, 3)
    (tmp_path / "link").symlink_to(writer.path)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe"):
        with pytest.raises(JournalError, match="not a regular file"):
            open_journal(tmp_path / name, "server/1")
    with pytest.raises(JournalError, match="No such file"):
        open_journal(tmp_path / "nothing", "server/1")


CLIENT_SCENARIO = Scenario.ECHO << SCENARIO_SHIFT


@pytest.mark.parametrize(
    ("side", "known", "unknown"),
    [
        (Side.SERVER, meta(Kind.STEP, Step.VIEW), meta(Kind.INVOKE)),
        (Side.SERVER, meta(Kind.STEP, Step.VIEW), meta(Kind.STEP, 0)),
        (Side.SERVER, meta(Kind.STEP, Step.VIEW), meta(Kind.STEP, 27)),
        (Side.SERVER, meta(Kind.PUSH, Step.APP_CONTEXT_PUSH), meta(Kind.PUSH, Step.APP_CONTEXT_POP)),
        (Side.SERVER, meta(Kind.POP, Step.REQUEST_CONTEXT_POP), meta(Kind.POP, Step.VIEW)),
        (Side.SERVER, meta(Kind.TEARDOWN, Callback.AFTER_THIS_REQUEST), meta(Kind.TEARDOWN, 9)),
        (Side.SERVER, meta(Kind.LEFT, 0, Outcome.GROUP), meta(Kind.LEFT, 0, 5)),
        (Side.SERVER, meta(Kind.ENTER, 0, Scenario.UNREAD_BODY), meta(Kind.ENTER, 0, 250)),
        (Side.SERVER, meta(Kind.LOOK, Look.STREAM_CHUNK), meta(Kind.LOOK, 9)),
        (Side.SERVER, meta(Kind.EXIT, app=2), meta(Kind.EXIT, app=3)),
        (Side.SERVER, meta(Kind.RETURN), meta(0)),
        (Side.CLIENT, meta(Kind.OBSERVE, Field.READ) | CLIENT_SCENARIO, meta(Kind.OBSERVE, 65)),
        (Side.CLIENT, meta(Kind.INFO) | CLIENT_SCENARIO, meta(Kind.ENTER)),
        (Side.CLIENT, meta(Kind.OK) | CLIENT_SCENARIO, meta(Kind.OK) | 251 << SCENARIO_SHIFT),
    ],
)
def test_words_that_no_checker_would_know(
    make_writer: WriterMaker, side: Side, known: int, unknown: int
) -> None:
    writer = make_writer(side=side)
    writer.write(1, 2, 3, 4, 5, 6, 7, known)
    assert open_journal(writer.path, "any/1").facts.committed == 1
    writer.write(1, 2, 3, 4, 5, 6, 7, unknown)
    with pytest.raises(JournalError, match="one of its records 0 to 1 holds"):
        open_journal(writer.path, "any/1")


# what is said of journals that are not whole


def test_a_begun_record_at_the_end_is_torn(make_writer: WriterMaker, tmp_path: Path) -> None:
    content = write(make_writer(), 5)
    content[row(4).stop - 8 : row(4).stop] = bytes(8)
    facts = facts_of(tmp_path / "copy", content)
    assert (facts.committed, facts.torn, facts.gaps) == (4, 1, 0)


def test_a_thread_that_wrote_nothing_more_explains_a_hole(make_writer: WriterMaker, tmp_path: Path) -> None:
    content = write(make_writer(), 10, threads=3)  # the last records: 7, 8 and 9
    content[row(7)] = bytes(RECORD_SIZE)
    content[row(8)] = bytes(RECORD_SIZE)
    facts = facts_of(tmp_path / "copy", content)
    assert (facts.committed, facts.torn, facts.gaps) == (8, 2, 0)


@pytest.mark.parametrize("hole", [0, 3, 6])
def test_a_hole_in_the_middle_of_a_threads_records_is_a_gap(
    make_writer: WriterMaker, tmp_path: Path, hole: int
) -> None:
    content = write(make_writer(), 10, threads=3)
    content[row(hole)] = bytes(RECORD_SIZE)
    facts = facts_of(tmp_path / "copy", content)
    assert (facts.committed, facts.torn, facts.gaps) == (9, 0, 1)


def test_a_thread_explains_one_hole(make_writer: WriterMaker, tmp_path: Path) -> None:
    content = write(make_writer(), 10, threads=2)
    for number in (6, 8):  # both of one thread
        content[row(number)] = bytes(RECORD_SIZE)
    facts = facts_of(tmp_path / "copy", content)
    assert (facts.committed, facts.torn, facts.gaps) == (8, 1, 1)


def test_no_kill_explains_a_hole_in_a_closed_journal(make_writer: WriterMaker, tmp_path: Path) -> None:
    writer = make_writer()
    write(writer, 10)
    writer.close()
    content = bytearray(writer.path.read_bytes())
    assert facts_of(tmp_path / "twin", content).gaps == 0
    content[row(5)] = bytes(RECORD_SIZE)
    facts = facts_of(tmp_path / "copy", content)
    assert (facts.committed, facts.torn, facts.gaps, facts.closed) == (9, 0, 1, True)


@pytest.mark.parametrize("kept", [0, 4, 9])
def test_a_closed_journal_whose_count_disagrees_has_a_gap(
    make_writer: WriterMaker, tmp_path: Path, kept: int
) -> None:
    writer = make_writer()
    write(writer, 10)
    writer.close()
    content = writer.path.read_bytes()
    facts = facts_of(tmp_path / "copy", content[: row(kept).start])
    assert (facts.committed, facts.gaps, facts.closed) == (kept, 10 - kept, True)


def test_a_killed_journal_that_was_cut_off_has_a_gap(make_writer: WriterMaker, tmp_path: Path) -> None:
    content = write(make_writer(), 10)
    facts = facts_of(tmp_path / "copy", content[: row(5).start])
    assert (facts.committed, facts.gaps) == (5, 1)


def test_dust_is_refused(make_writer: WriterMaker, tmp_path: Path) -> None:
    content = write(make_writer(), 30_000)
    for number in range(1, 20_100, 2):
        content[row(number)] = bytes(RECORD_SIZE)
    with pytest.raises(JournalError, match=r"more than 10,000 of its records are missing"):
        facts_of(tmp_path / "copy", content)


def test_batches_have_no_hole_and_know_their_numbers(make_writer: WriterMaker, tmp_path: Path) -> None:
    content = write(make_writer(), 20, threads=8)
    for number in (0, 7, 8, 15):
        content[row(number)] = bytes(RECORD_SIZE)
    (tmp_path / "copy").write_bytes(content)
    batches = list(open_journal(tmp_path / "copy", "server/1").batches(rows=5))
    assert [(batch.first, len(batch.records)) for batch in batches] == [
        (1, 5),
        (6, 1),
        (9, 5),
        (14, 1),
        (16, 4),
    ]
    for batch in batches:
        numbers = range(batch.first, batch.first + len(batch.records))
        assert batch.records["t"].tolist() == list(numbers)
        assert not batch.records.flags.writeable


def test_reading_takes_no_memory_of_its_own(make_writer: WriterMaker) -> None:
    writer = make_writer()
    for number in range(200_000):
        writer.write(number, 2, 3, 4, 5, 6, 7, VIEW)
    writer.close()
    journal = open_journal(writer.path, "server/1")
    pages = resource.getpagesize()

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * pages

    del writer
    before = resident()
    seen = sum(int(np.count_nonzero(batch.records["g"])) for batch in journal.batches(10_000))
    assert seen == 200_000
    assert resident() - before < 200_000 * RECORD_SIZE / 4


# a column's journals together


def test_a_column_is_all_its_journals(tmp_path: Path) -> None:
    for folder, side in (("server", Side.SERVER), ("client", Side.CLIENT)):
        (tmp_path / folder).mkdir()
        writer = JournalWriter(tmp_path / folder / "7.journal", side, os.getpid(), 1 << 20, "run")
        writer.write(1, 2, 3, 4, 5, 6, 7, VIEW if side is Side.SERVER else meta(Kind.OK))
        writer.close()
    (tmp_path / "server" / "8.journal").write_bytes(b"torn before its header was written")
    (tmp_path / "client" / "9.journal").write_bytes((tmp_path / "server" / "7.journal").read_bytes())
    paths = sorted(tmp_path.glob("*/*.journal"))
    column = {"model": "thread", "server": "gthread", "inside": True}
    history = read_history(paths, column, ["one doubt"], "run")
    assert (history.facts.model, history.facts.server, history.facts.inside) == ("thread", "gthread", True)
    assert history.facts.doubts == ("one doubt",)
    found = {facts.source: (facts.side, facts.committed, facts.problem) for facts in history.facts.journals}
    assert found["client/7"] == (Side.CLIENT, 1, "")
    assert found["server/7"] == (Side.SERVER, 1, "")
    assert found["client/9"][2] == "journal client/9 can't be read: it is of the server side"
    assert found["server/8"][:2] == (Side.SERVER, 0)
    assert "cut off" in found["server/8"][2]
    assert [batch.source for batch in history.batches()] == ["client/7", "server/7"]
