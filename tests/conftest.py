"""What every test shares: skips that are counted here and failures in CI."""

from __future__ import annotations

import os
import shutil

import pytest

#: Where the package is not installed its entry point is unknown; where it is, this is the same plugin by the
#: same name, and is loaded once.
pytest_plugins = ("pytest_crosstalk",)

#: marker -> the program it needs
PROGRAMS = {"needs_chromium": "chromium", "needs_valgrind": "valgrind"}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, program in PROGRAMS.items():
        if item.get_closest_marker(marker) is None or shutil.which(program):
            continue
        if os.environ.get("CROSSTALK_REQUIRE_ALL"):
            pytest.fail(f"this test needs {program}, and CI must have it: see .ci/setup")
        pytest.skip(f"this machine has no {program}")
