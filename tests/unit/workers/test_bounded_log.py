"""The bounded log keeps how a target started and how it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.workers.failure import last_lines
from harness.workers.log import BoundedLog


def fed(path: Path, pieces: list[bytes], bytes_max: int = 20) -> BoundedLog:
    log = BoundedLog(path, bytes_max)
    for piece in pieces:
        log.write(piece)
    log.close()
    return log


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 3, 10, 20, 100])
def test_what_fits_is_kept_whole(tmp_path: Path, size: int) -> None:
    data = b"0123456789abcdefghij"
    assert fed(tmp_path / "log", in_pieces(data, size)).bytes_cut == 0
    assert (tmp_path / "log").read_bytes() == data


@pytest.mark.parametrize("size", [1, 3, 10, 26])
def test_what_does_not_fit_loses_its_middle_and_says_so(tmp_path: Path, size: int) -> None:
    log = fed(tmp_path / "log", in_pieces(b"abcdefghijklmnopqrstuvwxyz", size))
    assert log.bytes_cut == 6
    head, said, tail = (tmp_path / "log").read_bytes().split(b"\n")
    assert (head, tail) == (b"abcdefghij", b"qrstuvwxyz")
    assert b" 6 bytes " in said


def test_a_flush_brings_the_tail_up_to_date_each_time(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = BoundedLog(path, 8)
    log.write(b"headtail")
    log.flush()
    assert path.read_bytes() == b"headtail"
    log.write(b"TAILS")
    log.flush()
    assert path.read_bytes().startswith(b"head\n[")
    assert path.read_bytes().endswith(b"]\nAILS")
    log.write(b"12")
    log.close()
    assert path.read_bytes().endswith(b"]\nLS12")


def test_a_full_disk_is_remembered_and_not_raised() -> None:
    log = fed(Path("/dev/full"), [b"x" * 100])
    assert "No space left" in log.problem


def test_a_disk_with_room_is_no_problem(tmp_path: Path) -> None:
    assert fed(tmp_path / "log", [b"x" * 100]).problem == ""


def test_last_lines_are_inert(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first\n\n\x1b[31mred\xff\nlast  \n")
    assert last_lines(path) == ("first", "\\x1b[31mred\ufffd", "last")
    assert last_lines(tmp_path / "absent") == ()


def test_last_lines_are_few(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("\n".join(f"line {i}" for i in range(5000)))
    lines = last_lines(path)
    assert lines[-1] == "line 4999"
    assert len(lines) == 12
