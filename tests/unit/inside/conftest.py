"""Processes in miniature, each with journals of its own."""

from __future__ import annotations

import os
import types
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.inside.census import Census
from harness.inside.locality import Locality
from harness.inside.observer import Observer
from harness.inside.yields import Pause
from tests.unit.inside.miniature import Process

ProcessMaker = Callable[..., Process]


@pytest.fixture
def make_process(tmp_path: Path) -> Iterator[ProcessMaker]:
    """Return a maker of such processes; each keeps its contexts in variables of its own."""
    made: list[Process] = []

    def make(
        *,
        greenlets: bool = False,
        pause: Pause | None = None,
        max_bytes: int = 1 << 24,
        contexts: Any = None,
        app: Any = None,
        census: bool = False,
    ) -> Process:
        journals: list[JournalWriter] = []
        complaints: list[str] = []
        number = len(made)

        def open_one() -> JournalWriter:
            path = tmp_path / f"{number}-{len(journals)}.journal"
            journals.append(JournalWriter(path, Side.SERVER, os.getpid(), max_bytes))
            return journals[-1]

        own = contexts or types.SimpleNamespace(app_var=ContextVar("app"), request_var=ContextVar("request"))
        app = app or object()
        locality = Locality(greenlets=greenlets)
        observer = Observer(
            open_one,
            own,
            app,
            locality,
            pause=pause,
            complain=complaints.append,
            census=Census(locality) if census else None,
        )
        made.append(Process(observer, locality, own, app, journals, complaints))
        return made[-1]

    yield make
    for process in made:
        process.observer.close()


@pytest.fixture
def process(make_process: ProcessMaker) -> Process:
    """Return one such process."""
    return make_process()
