"""A leak shows while the run goes on; nothing is called valid, and what is open is not blamed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.checkers.judge import Judging
from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.live.page import as_rows, policy, render_frame, render_part, say
from harness.live.watch import Snapshot, Watch
from tests.unit.checkers.notation import tell
from tests.unit.cli.runs import make_column, make_run

LEAK = "1< 2< 1:up 2:up 1:serve 1?after[request=2] 1:answer 1:down 1~ 1>"
RIGHT = "1< 2< 1:up 2:up 1:serve 1?after 1:answer 1:down 1~ 1>"


class Stage:
    """A column whose target's journal is written story by story."""

    def __init__(self, folder: Path) -> None:
        self.run = make_run(folder)
        self.column = make_column(self.run, inside=True)
        path = self.column.server_dir / "1-1.journal"
        self.writer = JournalWriter(path, Side.SERVER, 1, 1 << 24, self.run.name)
        self.watch = Watch(self.column, self.run.name)

    def play(self, story: str) -> None:
        for batch in tell(story).batches():
            words = np.ascontiguousarray(batch.records).view(np.uint64).reshape(len(batch.records), 9)
            for row in words.tolist():
                self.writer.write(*row[:8])


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_leak_is_found_at_the_record_that_shows_it(stage: Stage) -> None:
    stage.play(LEAK)
    assert stage.watch.feed() > 0
    now = stage.watch.snapshot(1)
    assert (now.word, now.violations) == ("invalid", 1)
    assert now.groups[0].kinds[0].anomaly == "foreign-request"
    assert "saw the request of operation" in render_part(now)
    assert say(now) == "Invalid: one caller's context reached another caller."


def test_without_a_leak_nothing_is_found_and_nothing_is_valid(stage: Stage) -> None:
    stage.play(RIGHT)
    stage.watch.feed()
    now = stage.watch.snapshot(1)
    assert (now.word, now.violations, now.groups) == ("nothing found so far", 0, ())
    assert "valid" not in render_part(now).replace("invalid", "")


def test_a_snapshot_changes_nothing(stage: Stage) -> None:
    stage.play(LEAK)
    stage.watch.feed()
    first = stage.watch.snapshot(1)
    assert stage.watch.snapshot(1) == first
    assert stage.watch.feed() == 0
    stage.play("3< 3:all 3~ 3>")
    stage.watch.feed()
    assert stage.watch.snapshot(1).violations == first.violations


def test_it_is_found_what_is_found_at_the_end(stage: Stage) -> None:
    stage.play(LEAK)
    while stage.watch.feed():
        pass
    judging = Judging()
    for batch in tell(LEAK).batches():
        judging.feed(batch)
    wanted = sum(result.count for result in judging.finish(tell(LEAK).facts(("server/1",))))
    assert stage.watch.snapshot(1).violations == wanted


def test_rows_for_a_flat_table(stage: Stage) -> None:
    stage.play(LEAK)
    stage.watch.feed()
    rows = as_rows(stage.watch.snapshot(1), "http://127.0.0.1:1/")
    assert [row["what"] for row in rows[:3]] == [
        "verdict so far",
        "live page",
        "One caller's context reached another caller",
    ]
    assert all(row.keys() == {"what", "count", "says"} for row in rows)
    over = as_rows(Snapshot(1, "r", "c", over=True, verdict="valid"), "http://127.0.0.1:1/")
    assert ("report", "http://127.0.0.1:1/report") in [(row["what"], row["says"]) for row in over]


def test_the_frame_s_script_and_style_are_those_of_its_policy() -> None:
    page = render_frame()
    assert page.count("<script>") == 1
    assert "sha256-" in policy()
    assert "'unsafe" not in policy()


def test_before_any_run_it_says_so() -> None:
    assert "No run yet" in render_part(Snapshot())
    assert "Open the report" in render_part(Snapshot(3, "r", "c", over=True, verdict="unknown"))
