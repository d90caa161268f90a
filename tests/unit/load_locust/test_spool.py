from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.history.reader import open_journal
from harness.load.locust.spool import RESEND_AFTER_S, WINDOW_BYTES, Spool
from harness.load.locust.wire import CHUNK_BYTES_MAX, DETAILS, JOURNAL, STREAMS
from tests.unit.load_locust.recordings import RUN, deliver, fill, receipt


@pytest.fixture
def spool() -> Iterator[Spool]:
    spool = Spool(RUN, 64)
    yield spool
    spool.remove()


def test_a_recording_arrives_while_it_grows(tmp_path: Path, spool: Spool) -> None:
    taking = receipt(tmp_path, bytes_max=1 << 24)
    for _ in range(3):
        fill(spool.recording.journal, 50)
        spool.recording.details.write(7, "came back")
        deliver(spool, taking)
    spool.recording.close()
    deliver(spool, taking)
    assert spool.delivered
    assert taking.finish(spool.end())
    facts = open_journal(tmp_path / "0.journal", "client/0", RUN).facts
    assert (facts.committed, facts.closed, facts.gaps) == (150, True, 0)
    assert (tmp_path / "0.details.jsonl").read_text().count("came back") == 3


def test_chunks_are_bounded_whole_records_and_within_the_window(spool: Spool) -> None:
    fill(spool.recording.journal, 3 * WINDOW_BYTES // 2 // 72)
    header, *rest = [chunk for chunk in spool.chunks(0.0) if chunk.stream == JOURNAL]
    assert len(header.data) == 4096
    assert all(len(chunk.data) <= CHUNK_BYTES_MAX and len(chunk.data) % 72 == 0 for chunk in rest)
    assert sum(len(chunk.data) for chunk in rest) <= WINDOW_BYTES + CHUNK_BYTES_MAX
    assert spool.chunks(0.1) == []  # the window is full until something is acknowledged


def test_what_is_not_acknowledged_is_sent_again(tmp_path: Path, spool: Spool) -> None:
    fill(spool.recording.journal, 5)
    lost = spool.chunks(0.0)
    assert spool.chunks(RESEND_AFTER_S / 2) == []
    assert spool.chunks(RESEND_AFTER_S + 0.1) == lost
    taking = receipt(tmp_path)
    for chunk in lost:
        spool.acknowledge(chunk.stream, taking.take(chunk), 3.0)
    assert spool.delivered


@pytest.mark.parametrize(("stream", "size"), [("nope", 5), (JOURNAL, -1), (JOURNAL, 1 << 40), (DETAILS, 1)])
def test_an_acknowledgement_of_what_was_never_sent_is_ignored(spool: Spool, stream: str, size: int) -> None:
    fill(spool.recording.journal, 5)
    spool.acknowledge(stream, size, 0.0)
    assert not spool.delivered
    assert spool.chunks(0.0)[0].offset == 0


def test_an_old_acknowledgement_does_not_turn_back(tmp_path: Path, spool: Spool) -> None:
    fill(spool.recording.journal, 5)
    deliver(spool, receipt(tmp_path))
    spool.acknowledge(JOURNAL, 4096, 1.0)
    assert spool.delivered


def test_nothing_is_left_behind(spool: Spool) -> None:
    folder = spool.folder
    assert folder.is_dir()
    spool.remove()
    assert not folder.exists()
    assert set(STREAMS) == {JOURNAL, DETAILS}
