"""Journals, and processes that write them, for one test each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.history.journal import JournalWriter
from harness.history.layout import Side

ROOT = Path(__file__).parents[3]
#: Enough for any test that is not about the limit.
ROOMY = 64 << 20

WriterMaker = Callable[..., JournalWriter]
ScriptRunner = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def make_writer(tmp_path: Path) -> WriterMaker:
    """Return a maker of writers of ``tmp_path/<name>.journal``."""

    def make(
        name: str = "one", max_bytes: int = ROOMY, run_id: str = "run", side: Side = Side.SERVER
    ) -> JournalWriter:
        return JournalWriter(tmp_path / f"{name}.journal", side, os.getpid(), max_bytes, run_id)

    return make


@pytest.fixture
def run_script() -> ScriptRunner:
    """Return the function that runs Python code in a process of its own and requires success."""

    def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done

    return run
