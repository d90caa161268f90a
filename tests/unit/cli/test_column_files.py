from __future__ import annotations

from pathlib import Path

from harness.column_files import read_details, read_names, read_places, read_resources
from harness.report.data import CodePlace, Detail

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
    assert read_details([path, tmp_path / "none"], {1, 3}) == {1: Detail("first")}


def test_a_long_detail_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "0.details.jsonl"
    path.write_text('{"op":"0000000000000001","text":"' + "x" * 100_000 + '"}\n')
    assert len(read_details([path], {1})[1].text) == 4000


def test_what_was_sent_is_kept_beside_what_came_back(tmp_path: Path) -> None:
    path = tmp_path / "0.details.jsonl"
    path.write_text(
        '{"op":"0000000000000001","text":"status 500","sent":"GET /echo"}\n'
        '{"op":"0000000000000002","text":"status 500","sent":7}\n'
    )
    assert read_details([path], {1, 2}) == {1: Detail("status 500", "GET /echo")}


def test_places_are_read_and_rubbish_is_left_out(tmp_path: Path) -> None:
    first, second = tmp_path / "1.places.json", tmp_path / "2.places.json"
    first.write_text(
        '{"view": {"file": "a/b.py", "line": 3}, "match_request": {"file": 1, "line": 2}, "x": 7}'
    )
    second.write_text('{"view": {"file": "other.py", "line": 9}, "exit": {"file": "c.py", "line": 4}}')
    (tmp_path / "3.places.json").write_text("[]")
    found = read_places([*sorted(tmp_path.iterdir()), tmp_path / "none"])
    assert found == {"view": CodePlace("a/b.py", 3), "exit": CodePlace("c.py", 4)}


def test_names_are_read_and_what_is_none_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "1.names.json").write_text(
        '{"0000000000000007": "shop.USER", "x": "y", "0000000000000008": 3}'
    )
    (tmp_path / "2.names.json").write_text('{"0000000000000007": "another", "0000000000000009": "shop.LAST"}')
    (tmp_path / "3.names.json").write_text("[]")
    found = read_names([*sorted(tmp_path.iterdir()), tmp_path / "none"])
    assert found == {7: "shop.USER", 9: "shop.LAST"}
