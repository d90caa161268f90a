"""The lines of checkpoints are found once, and the plain hooks come back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.inside import locating as locating_module
from harness.inside.locating import CALLS, Locating
from harness.inside.places import Place


def announce(hook: object) -> None:
    assert callable(hook)
    hook("view", None)  # the line that is found


def places(folder: Path) -> dict[str, dict[str, object]]:
    (path,) = folder.glob("*.places.json")
    found: dict[str, dict[str, object]] = json.loads(path.read_text())
    return found


def test_a_checkpoint_has_its_line_and_the_hook_is_called_all_the_same(tmp_path: Path) -> None:
    heard: list[str] = []
    locating = Locating(tmp_path, lambda: None)
    announce(locating.before_step(lambda step, context: heard.append(step)))
    locating.close()
    found = places(tmp_path)["view"]
    assert heard == ["view"]
    assert str(found["file"]).endswith(Path(__file__).name)
    assert not str(found["file"]).startswith("/")
    assert found["function"] == "announce"
    assert found["code"] == 'hook("view", None)  # the line that is found'


def test_after_a_while_the_plain_hooks_come_back(tmp_path: Path) -> None:
    restored: list[bool] = []
    hook = Locating(tmp_path, lambda: restored.append(True)).before_look(lambda point: None)
    for _ in range(CALLS - 1):
        hook("view_after_yield")
    assert (restored, list(tmp_path.iterdir())) == ([], [])
    hook("view_after_yield")
    assert restored == [True]
    assert set(places(tmp_path)) == {"view_after_yield"}


def test_a_name_that_is_no_checkpoint_is_not_kept_and_nothing_is_written_for_nothing(tmp_path: Path) -> None:
    locating = Locating(tmp_path, lambda: None)
    locating.before_look(lambda point: None)("what the target made up")
    locating.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_fails_nobody(tmp_path: Path) -> None:
    locating = Locating(tmp_path / "gone", lambda: None)
    announce(locating.before_step(lambda step, context: None))
    locating.close()


def test_other_threads_may_go_on_finding_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locating = Locating(tmp_path, lambda: None)
    hook = locating.before_step(lambda step, context: None)
    announce(hook)
    said = locating_module._said

    def say_while_another_finds(place: Place) -> dict[str, object]:
        hook("before_request", None)
        return said(place)

    monkeypatch.setattr(locating_module, "_said", say_while_another_finds)
    locating.close()
    assert set(places(tmp_path)) == {"view"}


def test_what_can_t_be_said_fails_no_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(place: Place) -> dict[str, object]:
        raise RuntimeError

    monkeypatch.setattr(locating_module, "_said", fail)
    heard: list[str] = []
    hook = Locating(tmp_path, lambda: None).before_look(heard.append)
    for _ in range(CALLS):
        hook("view_after_yield")
    assert len(heard) == CALLS
