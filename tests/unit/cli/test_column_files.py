from __future__ import annotations

from pathlib import Path

from harness.column_files import read_details, read_resources

HEAD = "t_s,processes,cpu_percent,rss_bytes,threads,open_files\n"


def test_samples_are_read_and_rubbish_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "resources.csv"
    path.write_text(HEAD + "0.5,1,12.5,1024,3,4\nx,y\n1.0,2,nan,1,1,1\n1.5,2,inf,1,1,1\n2.0,2,0.0,2048,5,6")
    first, second = read_resources(path)
    assert (first.t_s, first.cpu_percent, first.rss_bytes) == (0.5, 12.5, 1024)
    assert (first.threads, first.open_files) == (3, 4)
    assert second.processes == 2


def test_without_a_file_there_are_no_samples(tmp_path: Path) -> None:
    assert read_resources(tmp_path / "none.csv") == ()


def test_details_of_those_asked_for_only(tmp_path: Path) -> None:
    path = tmp_path / "0.details.jsonl"
    path.write_bytes(
        b'{"op":"0000000000000001","text":"first"}\n'
        b'{"op":"0000000000000001","text":"second"}\n'
        b'{"op":"0000000000000002","text":"not asked for"}\n'
        b'{"op":7,"text":"no"}\n[1]\n\xff\n{"op":"0000000000000003","text":{}}\n'
    )
    assert read_details([path, tmp_path / "none"], {1, 3}) == {1: "first"}


def test_a_long_detail_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "0.details.jsonl"
    path.write_text('{"op":"0000000000000001","text":"' + "x" * 100_000 + '"}\n')
    assert len(read_details([path], {1})[1]) == 4000
