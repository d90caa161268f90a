"""Real packages by the plugin, as a project's own tests would: right use is valid, misuse is found.

Each in a pytest of its own: Django is configured once for a process, and what one app leaves is its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.apps.real_apps import REAL, RealApp, real_apps
from tests.integration.plugin.test_plugin import BY_NAME

#: Of a busy machine; nobody waits for ever.
pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[3]
#: Interleaving a real app costs much on 3.11. What is valid needs a thousand switches inside requests.
ENOUGH, FEW = 700, 250
SEEDS = range(1, 1 + int(os.environ.get("CROSSTALK_APPS", "1")))
TEST = """
def test_real(crosstalk):
    crosstalk.check({target!r}, {model!r}, {operations}, urls={urls!r}, seed={seed}, root={root!r})
"""


def check(folder: Path, app: RealApp, operations: int, seed: int) -> str:
    """Return what pytest prints of a test that checks *app*."""
    urls = app.urls.read_text().splitlines() if app.urls else []
    test = TEST.format(
        target=app.target, model=app.model, operations=operations, urls=urls, seed=seed, root=str(REAL)
    )
    (folder / "test_one.py").write_text(test)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "COLUMNS": "200"}
    environ.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *BY_NAME, "-p", "no:cacheprovider", "-q"),
            *("--rootdir", str(folder), "test_one.py"),
        ],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=290,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("app", real_apps("plugin", "good"), ids=str)
def test_a_package_rightly_used_is_valid(tmp_path: Path, app: RealApp, seed: int) -> None:
    said = check(tmp_path, app, ENOUGH, seed)
    assert "1 passed" in said, said


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("app", real_apps("plugin", "misused"), ids=str)
def test_a_package_that_is_misused_is_found(tmp_path: Path, app: RealApp, seed: int) -> None:
    said = check(tmp_path, app, FEW, seed)
    assert "1 failed" in said, said
    assert "crosstalk: INVALID" in said
    for found in app.found:
        _, told, explained = said.partition(f"{found.law} {found.anomaly} (")
        assert told, said
        assert found.said in explained.split("witness:")[0], said
