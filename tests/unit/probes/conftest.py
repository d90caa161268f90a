"""An app of the probes, alone in its process: hooks and faults are taken back afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from targetapp.faults import deactivate
from targetapp.framework import App
from targetapp.probes import create_app, look


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Return a factory: apps with the given faults, all on one session file."""

    def factory(*faults: str) -> App:
        return create_app(faults, str(tmp_path / "sessions.sqlite3"))

    yield factory
    deactivate()
    look.install(None)


@pytest.fixture
def app(make: Callable[..., App]) -> App:
    return make()
