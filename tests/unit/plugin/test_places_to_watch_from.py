"""Where nobody can be let run at calls, a check says so, and does not blame the application for it alone."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

from harness.plugin.asking import Asked
from harness.plugin.checking import check


@pytest.mark.parametrize(("yields", "is_said"), [(True, True), (False, False)])
def test_every_place_is_taken(
    yields: bool, is_said: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = {3: "a profiler", 4: "a debugger"}
    monkeypatch.setattr(sys, "monitoring", SimpleNamespace(get_tool=tools.get), raising=False)
    app = Flask("taken", static_folder=None)
    app.add_url_rule("/hello/<name>", "hello", lambda name: name)
    text = check(app, Asked(operations=40, yields=yields), tmp_path).text
    assert ("a debugger and a profiler watch this process" in text) is is_said
