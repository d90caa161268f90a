"""The comparison with Flask compares equals and says what it measured; its numbers are not judged here."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from harness.bench import framework, framework_child
from harness.bench.framework import Row, count, count_both, lines, measure_times
from harness.bench.framework_apps import BY_NAME, CLASSES, OURS, SCENARIOS, SIGNALS, THEIRS, Scenario, make
from harness.bench.instructions import count_instructions
from harness.history.layout import Kind
from harness.history.reader import open_journal

READ_WRITE, NOT_FOUND = BY_NAME["read+write"], BY_NAME["404"]


@pytest.fixture
def _no_hook() -> Iterator[None]:
    yield
    importlib.import_module(f"{OURS}.checkpoint").install(None)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_both_answer_each_scenario_as_it_says(name: str, scenario: Scenario) -> None:
    make(name, scenario).drive(2)


@pytest.mark.parametrize("name", CLASSES)
def test_an_app_that_answers_otherwise_is_not_measured(name: str) -> None:
    with pytest.raises(RuntimeError, match="answers 'wrong' with 404"):
        make(name, Scenario("wrong", "a row that expects what it does not get", 1.0, "/nowhere"))


@pytest.mark.parametrize("name", CLASSES)
def test_all_seven_signals_have_a_receiver(name: str) -> None:
    module = importlib.import_module(name)
    made = make(name, BY_NAME["signals"])
    connected = [signal for signal in SIGNALS if list(getattr(module, signal).receivers_for(made.app))]
    assert connected == list(SIGNALS)


@pytest.mark.usefixtures("_no_hook")
def test_the_recorded_request_leaves_the_events_that_the_table_says(tmp_path: Path) -> None:
    scenario = BY_NAME["recorded"]
    framework_child.prepare(OURS, scenario, tmp_path).drive(3)
    (path,) = tmp_path.glob("*.journal")
    kinds = [kind for batch in open_journal(path, "server/0").batches() for kind in batch.records["kind"]]
    assert set(kinds) == {Kind.STEP, Kind.PUSH, Kind.POP}
    events, rest = divmod(len(kinds), framework_child.WARM_UP + 3)
    assert rest == 0
    assert f"{events} events" in scenario.says


def test_flask_is_not_recorded(tmp_path: Path) -> None:
    framework_child.prepare(THEIRS, BY_NAME["recorded"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_times_are_taken_of_both_in_turn(tmp_path: Path) -> None:
    pairs = measure_times(READ_WRITE, tmp_path, processes=1, rounds=3, requests=2)
    assert len(pairs) == 3
    assert all(ours > 0 and theirs > 0 for ours, theirs in pairs)


@pytest.mark.needs_valgrind
@pytest.mark.timeout(600)
def test_instructions_are_counted_and_the_start_cancels(tmp_path: Path) -> None:
    # To import the framework takes a thousand times as many as a request.
    counts = count(OURS, (NOT_FOUND,), tmp_path / "counts", requests=10)
    assert 50_000 < counts["404"] < 5_000_000


@pytest.mark.needs_valgrind
@pytest.mark.timeout(600)
def test_instructions_stay_within_the_limits(tmp_path: Path) -> None:
    # Counts are the same on a busy machine. These two rows go through what all the others go through.
    scenarios = (BY_NAME["no session"], BY_NAME["recorded"])
    ours, theirs = count_both(scenarios, tmp_path)
    ratios = {each.name: ours[each.name] / theirs[each.name] for each in scenarios}
    assert {each.name: ratios[each.name] for each in scenarios if ratios[each.name] > each.limit} == {}


@pytest.mark.needs_valgrind
@pytest.mark.timeout(600)
def test_counting_a_program_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="counting instructions failed: NameError: name 'nobody'"):
        count_instructions(["-S", "-E", "-c", "nobody"], tmp_path, 300)


def row(scenario: Scenario, ours: int, counted: float | None) -> Row:
    return Row(scenario, ((ours, 100_000), (ours, 100_000)), None if counted is None else (counted, 1e6))


@pytest.mark.parametrize(
    ("ours", "counted", "met"),
    [
        (60_000, 600_000.0, True),
        (60_000, None, True),
        (60_001, None, False),
        (60_001, 600_000.0, False),
        (60_000, 600_001.0, False),
    ],
)
def test_a_limit_is_met_if_every_ratio_that_was_measured_is_within(
    ours: int, counted: float | None, met: bool
) -> None:
    assert row(READ_WRITE, ours, counted).met is met


def test_one_loud_round_does_not_decide() -> None:
    assert Row(READ_WRITE, ((5, 10), (5, 10), (90, 10)), None).cpu_ratio == 0.5


def test_the_table_shows_every_figure() -> None:
    head, first, second, verdict = lines(
        [row(READ_WRITE, 57_000, 5.5e5), row(NOT_FOUND, 80_000, 7e5)], "3.1.3"
    )
    assert head.split()[-2:] == ["each", "limit"]
    assert first.endswith("0.57       57 / 100         0.550    550 / 1000    0.60  met")
    assert second.endswith("0.75  missed")
    assert verdict == "framework: missed: 404"


def test_what_was_not_measured_is_said() -> None:
    text = "\n".join(lines([row(READ_WRITE, 50_000, None)], "3.2.0"))
    assert "not counted" in text
    assert "there is no valgrind" in text
    assert "the limits are for Flask 3.1.3, this is 3.2.0" in text
    assert text.endswith("every limit is met")


@pytest.mark.parametrize(("ours", "codes"), [(50_000, (0, 0)), (90_000, (0, 1))])
def test_only_check_turns_a_missed_limit_into_an_exit_code(
    ours: int, codes: tuple[int, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(framework, "measure", lambda: [row(READ_WRITE, ours, None)])
    assert (framework.main(), framework.main(["--check"])) == codes
    assert "session read and written" in capsys.readouterr().out


def test_without_flask_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(framework, "version", missing)
    assert (framework.main(), framework.main(["--check"])) == (0, 1)
    assert capsys.readouterr().out.startswith("framework: not measured, Flask is missing")


def test_without_valgrind_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(framework, "measure_times", lambda *_, **__: [(1, 2)])
    assert [each.instructions for each in framework.measure((READ_WRITE,))] == [None]


def test_the_child_measures_one_framework_only(tmp_path: Path) -> None:
    code = (
        "import sys; from harness.bench import framework_child as child\n"
        f"child.answer_timings({OURS!r}, child.BY_NAME['404'], child.Path({str(tmp_path)!r}))\n"
        "assert 'flask' not in sys.modules and 'numpy' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="1\n2\n",
        text=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        check=True,
    )
    assert len(done.stdout.split()) == 2
