"""What a target's process says before it gives up: the target's own lines, and whose fault it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.inside.complaint import EXIT_CANNOT_LOAD, fail
from harness.target import LoadError, load_target
from harness.workers.spec import COMPLAINT


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "failing_at_import.py").write_text("def made():\n    return 1 / 0\napp = made()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return "failing_at_import:app"


def complain(name: str) -> None:
    try:
        load_target(name)
    except LoadError as error:
        fail(str(error))


def test_the_target_s_own_lines_are_shown_and_none_of_ours(
    failing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        complain(failing)
    assert ended.value.code == EXIT_CANNOT_LOAD
    said = capsys.readouterr().err
    first = next(line for line in said.splitlines() if line.startswith("  File"))
    assert first.endswith("line 3, in <module>")
    assert "harness/target.py" not in said
    assert said.splitlines()[-2:] == [
        "ZeroDivisionError: division by zero",
        f"{COMPLAINT}the target's module failing_at_import fails: ZeroDivisionError: division by zero",
    ]
    sys.modules.pop("failing_at_import", None)


@pytest.mark.parametrize("name", ["no_such_module_at_all:app", "json:no_such_name", "json:__doc__"])
def test_where_the_target_has_no_lines_one_says_it_all(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        complain(name)
    said = capsys.readouterr().err
    assert said.startswith(COMPLAINT)
    assert said.count("\n") == 1
