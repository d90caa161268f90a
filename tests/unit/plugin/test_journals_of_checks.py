"""A journal has room for all that a check records, and is opened where address space is scarce."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from harness.history.journal import JournalWriter
from harness.history.layout import RECORD_SIZE, Side
from harness.plugin import journals
from harness.plugin.journals import ROOM_BYTES_MIN, open_journal, room_for


def test_a_night_s_check_has_room_for_a_view_that_records_a_lot() -> None:
    assert room_for(200_000) >= 200_000 * 100 * RECORD_SIZE
    assert room_for(20) == ROOM_BYTES_MIN


def test_room_is_no_disk(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "0.journal", Side.CLIENT, 10_000_000)
    journal.write(1, 2, 3, 4, 5, 6, 7, 8)
    journal.close()
    assert (tmp_path / "0.journal").stat().st_size < 1 << 20


@pytest.mark.parametrize(("scarce", "tried"), [(True, 2), (False, 1)])
def test_less_room_is_taken_where_there_is_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scarce: bool, tried: int
) -> None:
    asked: list[int] = []

    def limited(path: Path, side: Side, pid: int, max_bytes: int, run: str) -> Any:
        asked.append(max_bytes)
        if scarce and max_bytes > ROOM_BYTES_MIN:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        return JournalWriter(path, side, pid, max_bytes, run)

    monkeypatch.setattr(journals, "JournalWriter", limited)
    open_journal(tmp_path / "0.journal", Side.CLIENT, 200_000).close()
    assert asked == [room_for(200_000), ROOM_BYTES_MIN][:tried]
