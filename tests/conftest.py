"""What every test shares: skips that are counted here and failures in CI."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import entry_points

import pytest

#: What loads the plugin where it is not installed; where it is, pytest has, and would refuse it a second time.
LOADING = () if entry_points(group="pytest11", name="crosstalk") else ("pytest_crosstalk",)
pytest_plugins = LOADING

#: marker -> the program it needs
PROGRAMS = {"needs_chromium": "chromium", "needs_valgrind": "valgrind"}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, program in PROGRAMS.items():
        if item.get_closest_marker(marker) is None or shutil.which(program):
            continue
        if os.environ.get("CROSSTALK_REQUIRE_ALL"):
            pytest.fail(f"this test needs {program}, and CI must have it: see .ci/setup")
        pytest.skip(f"this machine has no {program}")
