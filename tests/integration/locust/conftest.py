"""Locusts that are started for one test and gone after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.locust.locusts import Process, Runs, free_port, headless

Start = Callable[[list[str]], Process]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "reports")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start commands; whatever is left of them ends with the test."""
    started: list[Process] = []

    def start_one(command: list[str]) -> Process:
        started.append(Process(command, tmp_path / f"output-{len(started)}.txt"))
        return started[-1]

    yield start_one
    for process in started:
        process.end()


@pytest.fixture
def run_headless(start: Start, runs: Runs) -> Callable[..., tuple[int, Process]]:
    """Run a headless Locust to its end; return its exit code, and it."""

    def run(*arguments: str) -> tuple[int, Process]:
        process = start(headless(f"--reports={runs.reports}", *arguments))
        code = process.wait()
        assert "Traceback" not in process.output, process.output
        return code, process

    return run


@pytest.fixture
def two_processes() -> list[str]:
    """Return the options for two Locust workers on a port of this test."""
    port = free_port()
    return ["--processes=2", f"--master-bind-port={port}", f"--master-port={port}"]
