"""`crosstalk report`, `open` and `prune`: over real folders, with words for what they do."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path

import pytest

from harness import cli
from harness.pipeline import judge_run
from harness.store.runs import Run
from tests.unit.cli.runs import ENOUGH, make_column, make_run, record_operations


def judged(folder: Path, status: int = 200) -> Run:
    run = make_run(folder)
    record_operations(run, make_column(run), ENOUGH, status=status)
    judge_run(run)
    return run


def test_a_comparison_is_said_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = judged(tmp_path), judged(tmp_path, status=500)
    assert cli.main(["report", str(good.path), str(bad.path)]) == 0
    said = capsys.readouterr().out
    assert "new: I8 illegal-status in thread-gthread (0 \u2192 500)" in said
    assert said.splitlines()[-1].endswith("comparison.html")
    assert "illegal-status" in (tmp_path / "comparison.html").read_text()
    page = tmp_path / "mine.html"
    assert cli.main(["report", str(good.path), str(bad.path), "--page", str(page)]) == 0
    assert page.exists()


@pytest.mark.parametrize(("count", "said"), [(1, "name two or more"), (2, "has no verdict")])
def test_what_can_t_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int, said: str
) -> None:
    runs = [str(make_run(tmp_path).path) for _ in range(count)]
    assert cli.main(["report", *runs]) == 3
    assert said in capsys.readouterr().err


def test_each_judging_renews_the_list_of_runs(tmp_path: Path) -> None:
    names = [judged(tmp_path).name, judged(tmp_path, status=500).name]
    index = (tmp_path / "index.html").read_text()
    assert all(f'href="{name}/report.html"' in index for name in names)
    assert (
        index.index('class="verdict invalid"') < index.index('class="verdict valid"') or names[0] > names[1]
    )


def test_a_folder_that_takes_no_list_costs_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    run = make_run(tmp_path)
    record_operations(run, make_column(run), ENOUGH)
    assert judge_run(run).exit_code == 0


def test_open_shows_the_newest_or_the_one_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def browse(url: str) -> bool:
        shown.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    first = judged(tmp_path)
    make_run(tmp_path)  # has no report yet
    assert cli.main(["open", "--reports", str(tmp_path)]) == 0
    assert cli.main(["open", str(first.path)]) == 0
    assert cli.main(["open", "--index", "--reports", str(tmp_path)]) == 0
    report = first.report_path.as_uri()
    assert shown == [report, report, (tmp_path / "index.html").as_uri()]
    assert capsys.readouterr().err == ""


def test_open_without_a_browser_or_a_report_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    assert cli.main(["open", "--reports", str(tmp_path)]) == 3
    assert "there is no report in" in capsys.readouterr().err
    run = judged(tmp_path)
    assert cli.main(["open", "--reports", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert str(run.report_path) in said.out
    assert "no browser" in said.err


def test_prune_says_what_it_deletes_and_keeps_what_may_still_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [judged(tmp_path) for _ in range(3)]
    unjudged, abandoned = make_run(tmp_path), make_run(tmp_path)
    os.utime(abandoned.path, (0, 0))
    for number, run in enumerate([*runs, unjudged, abandoned]):
        run.path.rename(tmp_path / f"2026010{number + 1}-000000-00000a")
    oldest = tmp_path / "20260101-000000-00000a"
    for arguments in (["--dry-run"], []):
        assert cli.main(["prune", "--keep", "1", "--reports", str(tmp_path), *arguments]) == 0
        said = capsys.readouterr().out
        assert said.count("left alone") == 1
        assert f"{'would delete' if arguments else 'deleted'} {oldest}" in said
        assert oldest.exists() is bool(arguments)
    left = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert left == ["20260104-000000-00000a", "20260105-000000-00000a"]
    assert "20260101" not in (tmp_path / "index.html").read_text()


def test_prune_needs_a_number_and_a_folder_without_runs_is_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["prune", "--reports", str(tmp_path)]) == 3
    assert cli.main(["prune", "--keep", "0", "--reports", str(tmp_path)]) == 3
    assert cli.main(["prune", "--keep", "3", "--reports", str(tmp_path / "none")]) == 0
    assert "0 runs" in capsys.readouterr().out
