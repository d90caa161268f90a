"""The command line as people run it; everything started ends with the test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.locust.locusts import Process, Runs

Crosstalk = Callable[..., Process]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "reports")


@pytest.fixture
def crosstalk(tmp_path: Path) -> Iterator[Crosstalk]:
    """Start `crosstalk` with these arguments."""
    started: list[Process] = []

    def start(*arguments: str) -> Process:
        command = [sys.executable, "-m", "harness", *arguments]
        started.append(Process(command, tmp_path / f"output-{len(started)}.txt"))
        return started[-1]

    yield start
    for process in started:
        process.end()
