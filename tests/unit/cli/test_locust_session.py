"""The end of a session: whatever fails, the target is stopped and what there is is judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.commands.locust import session as locust_session
from harness.commands.locust.session import Locust, Session
from harness.commands.locust.stage import Asked
from harness.load.locust.local import Ends
from harness.load.locust.receipts import Places
from harness.load.locust.tickets import TicketOffice
from harness.load.locust.wire import LoadPlan
from harness.options.table import parse_settings
from harness.store.runs import Column, Run, read_doubts
from harness.verdict import Verdict
from harness.workers.failure import TargetError
from tests.unit.cli.runs import ENOUGH, make_column, make_run, record_operations
from tests.unit.cli.test_options import CATALOGUE


class Play:
    """Stands for both the load and the stage; fails where it is told to."""

    guarded = True
    model = "thread"
    first_worker = 0
    alive = True
    load_workers = 1

    def __init__(self, run: Run, fails: str = "") -> None:
        self.run = run
        self.column: Column = run.columns()[0]
        self.ended = False
        self._fails = fails

    def start(self) -> tuple[str, int]:
        if self._fails == "start":
            raise TargetError("the target could not start", ("its last \x1b[31mwords",))
        return ("127.0.0.1", 9)

    def begin(
        self, plan: LoadPlan, office: TicketOffice, places: Callable[[int], Places], ends: Ends
    ) -> None:
        pass

    def operations(self) -> int:
        return 0

    def collect(self) -> list[str]:
        if self._fails == "collect":
            raise RuntimeError("boom")
        return []

    def end(self, load_workers: int) -> None:
        self.ended = True
        if self._fails == "end":
            raise OSError("boom")


def session(monkeypatch: pytest.MonkeyPatch, play: Play) -> Session:
    monkeypatch.setattr(locust_session, "make_stage", lambda asked: play)
    asked = Asked(parse_settings({}, CATALOGUE), 1, "", ())
    return Session(asked, play, Locust(lambda: None, lambda: 1, headless=True))


@pytest.mark.parametrize(("status", "code"), [(200, 3), (500, 1)])
@pytest.mark.parametrize("fails", ["collect", "end"])
def test_a_failure_at_the_end_stops_and_judges_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, status: int, code: int
) -> None:
    run = make_run(tmp_path)
    record_operations(run, make_column(run), ENOUGH, status=status)
    play = Play(run, fails)
    ours = session(monkeypatch, play)
    ours.begin()
    assert ours.finish() == code  # a violation outranks it
    assert play.ended
    assert ours.report is not None
    (doubt,) = read_doubts(play.column.doubts_path)
    assert doubt.failed
    assert "boom" in doubt.text


def test_a_judging_that_fails_is_no_verdict_and_ends_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(run: Run) -> None:
        raise RuntimeError("boom")

    run = make_run(tmp_path)
    record_operations(run, make_column(run), ENOUGH)
    play = Play(run)
    ours = session(monkeypatch, play)
    monkeypatch.setattr(locust_session, "judge_run", fail)
    ours.begin()
    assert ours.finish() == 3
    assert ours.finish() == 3  # whoever asks again waits for nothing
    assert play.ended
    assert ours.report is None
    assert "boom" in caplog.text
    (doubt,) = read_doubts(play.column.doubts_path)
    assert (doubt.whose, doubt.failed) == ("harness", True)


def test_a_session_that_went_well_has_no_doubts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path)
    record_operations(run, make_column(run), ENOUGH)
    play = Play(run)
    ours = session(monkeypatch, play)
    ours.begin()
    assert ours.finish() == 0
    assert ours.report is not None
    assert ours.report.verdict is Verdict.VALID
    assert read_doubts(play.column.doubts_path) == ()


def test_a_target_that_can_t_start_shows_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = make_run(tmp_path)
    make_column(run)
    ours = session(monkeypatch, Play(run, "start"))
    with pytest.raises(TargetError) as raised:
        ours.begin()
    ours.fail(raised.value)
    assert ours.finish() == 3
    assert "target.log: its last" in caplog.text
    assert "\x1b" not in caplog.text
