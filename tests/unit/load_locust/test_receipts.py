"""What the master takes from a worker: in pieces, twice, out of order, and from a hostile one."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.history.layout import Side
from harness.history.reader import open_journal
from harness.load.locust.receipts import Receipt, Receipts
from harness.load.locust.wire import CHUNK_BYTES_MAX, DETAILS, JOURNAL, Chunk, End
from tests.unit.load_locust.recordings import RUN, journal_bytes, places, receipt

HEADER, RECORD = 4096, 72


def pieces(data: bytes, records_each: int) -> list[Chunk]:
    step = records_each * RECORD
    offsets = range(HEADER, len(data), step)
    rest = [Chunk(RUN, JOURNAL, offset, data[offset : offset + step]) for offset in offsets]
    return [Chunk(RUN, JOURNAL, 0, data[:HEADER]), *rest]


def end_of(data: bytes, details: int = 0) -> End:
    return End(RUN, data[:HEADER], len(data), details)


@pytest.mark.parametrize("records_each", [1, 3, 1000])
def test_whole_or_in_pieces_the_same_file_is_written(tmp_path: Path, records_each: int) -> None:
    data = journal_bytes(tmp_path, 10)
    taking = receipt(tmp_path)
    for chunk in pieces(data, records_each):
        assert taking.take(chunk) == chunk.offset + len(chunk.data)
    assert taking.finish(end_of(data))
    assert (tmp_path / "0.journal").read_bytes() == data
    assert open_journal(tmp_path / "0.journal", "client/0", RUN).facts.committed == 10


def test_a_chunk_that_comes_twice_changes_nothing(tmp_path: Path) -> None:
    data = journal_bytes(tmp_path, 4)
    taking = receipt(tmp_path)
    for chunk in pieces(data, 2):
        taking.take(chunk)
        assert taking.take(chunk) == chunk.offset + len(chunk.data)
    assert taking.finish(end_of(data))
    assert (tmp_path / "0.journal").read_bytes() == data


def test_an_early_chunk_is_answered_with_where_to_go_on(tmp_path: Path) -> None:
    data = journal_bytes(tmp_path, 4)
    first, second, third = pieces(data, 2)
    taking = receipt(tmp_path)
    assert taking.take(third) == 0
    assert taking.take(first) == HEADER
    assert taking.take(third) == HEADER
    assert taking.take(second) == third.offset
    assert taking.take(third) == len(data)
    assert taking.finish(end_of(data))


def test_an_end_before_the_last_chunk_completes_nothing(tmp_path: Path) -> None:
    data = journal_bytes(tmp_path, 4)
    *most, last = pieces(data, 2)
    taking = receipt(tmp_path)
    for chunk in most:
        taking.take(chunk)
    assert not taking.finish(end_of(data))
    assert not taking.problem
    taking.take(last)
    assert taking.finish(end_of(data))


def test_details_travel_beside_the_journal(tmp_path: Path) -> None:
    data = journal_bytes(tmp_path, 1)
    taking = receipt(tmp_path)
    for chunk in [*pieces(data, 1), Chunk(RUN, DETAILS, 0, b'{"op":"1"}\n'), Chunk(RUN, DETAILS, 11, b"x\n")]:
        taking.take(chunk)
    assert taking.finish(end_of(data, details=13))
    assert (tmp_path / "0.details.jsonl").read_bytes() == b'{"op":"1"}\nx\n'


def hostile(data: bytes, case: str) -> list[Chunk]:
    header = Chunk(RUN, JOURNAL, 0, data[:HEADER])
    return {
        "an unknown stream": [Chunk(RUN, "../../etc/passwd", 0, b"x")],
        "nothing": [Chunk(RUN, JOURNAL, 0, b"")],
        "too much at once": [Chunk(RUN, JOURNAL, 0, b"x" * (CHUNK_BYTES_MAX + 1))],
        "no journal": [Chunk(RUN, JOURNAL, 0, b"x" * HEADER)],
        "a header in pieces": [Chunk(RUN, JOURNAL, 0, data[:100])],
        "a part of a record": [header, Chunk(RUN, JOURNAL, HEADER, data[HEADER : HEADER + 71])],
        "more than is allowed": [header, Chunk(RUN, JOURNAL, HEADER, b"\0" * RECORD * 200)],
    }[case]


@pytest.mark.parametrize(
    "case",
    [
        "an unknown stream",
        "nothing",
        "too much at once",
        "no journal",
        "a header in pieces",
        "a part of a record",
        "more than is allowed",
    ],
)
def test_a_hostile_worker_is_refused_and_doubted(tmp_path: Path, case: str) -> None:
    data = journal_bytes(tmp_path, 10)
    taking = receipt(tmp_path, bytes_max=HEADER + 100 * RECORD)
    for chunk in hostile(data, case):
        taking.take(chunk)
    assert "refused" in taking.problem
    assert not taking.finish(end_of(data))
    size = taking.size(JOURNAL)
    taking.take(Chunk(RUN, JOURNAL, size, data[size : size + RECORD]))
    assert taking.size(JOURNAL) == size  # nothing more is written
    assert {path.name for path in tmp_path.iterdir()} <= {"0.journal"}


@pytest.mark.parametrize(("side", "run"), [(Side.SERVER, RUN), (Side.CLIENT, "another-run")])
def test_a_journal_that_is_not_this_worker_s_is_refused(tmp_path: Path, side: Side, run: str) -> None:
    data = journal_bytes(tmp_path, 1, side, run)
    taking = receipt(tmp_path)
    taking.take(Chunk(RUN, JOURNAL, 0, data[:HEADER]))
    assert "another run" in taking.problem


def test_an_end_that_claims_other_records_than_arrived_is_refused(tmp_path: Path) -> None:
    data = journal_bytes(tmp_path, 10)
    short = data[: HEADER + 9 * RECORD]
    taking = receipt(tmp_path)
    for chunk in pieces(short, 1000):
        taking.take(chunk)
    assert not taking.finish(end_of(short))
    assert "9 records instead of 10" in taking.problem


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "0.journal").write_text("mine")
    data = journal_bytes(tmp_path, 1)
    taking = receipt(tmp_path)
    taking.take(Chunk(RUN, JOURNAL, 0, data[:HEADER]))
    assert "could not be written" in taking.problem
    assert (tmp_path / "0.journal").read_text() == "mine"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "0.journal").symlink_to(tmp_path / "elsewhere")
    data = journal_bytes(tmp_path, 1)
    receipt(tmp_path).take(Chunk(RUN, JOURNAL, 0, data[:HEADER]))
    assert not (tmp_path / "elsewhere").exists()


def test_receipts_say_who_is_missing(tmp_path: Path) -> None:
    data = journal_bytes(tmp_path, 3)
    receipts = Receipts(RUN, lambda worker: places(tmp_path, worker))
    silent, whole = receipts.expect("node-a", 0), receipts.expect("node-b", 1)
    assert receipts.expect("node-a", 0) is silent
    for chunk in pieces(data, 3):
        whole.take(chunk)
    whole.finish(end_of(data))
    assert receipts.pending() == ["node-a"]
    (doubt,) = receipts.doubts()
    assert receipts.doubts({"another"}) == [doubt]
    assert doubt.startswith("load worker 0 did not deliver")
    assert receipts.get("nobody") is None


def test_a_refused_worker_is_not_waited_for(tmp_path: Path) -> None:
    receipts = Receipts(RUN, lambda worker: places(tmp_path, worker))
    refused: Receipt = receipts.expect("node-a", 0)
    refused.refuse("it is hostile")
    assert receipts.pending() == []
    assert receipts.doubts() == ["the recording of load worker 0 was refused: it is hostile"]
