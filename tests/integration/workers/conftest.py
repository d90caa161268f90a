"""Targets that are started for one test and end with it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.store.metadata import RunMeta
from harness.store.runs import new_run
from harness.workers.running import RunningTarget
from harness.workers.spec import Spec
from harness.workers.table import look_up

SpecMaker = Callable[..., Spec]

#: A target of nobody's framework that tells how it is hosted.
PLAIN = """
import json, os, socket, sys, threading

native = getattr(sys.modules.get("gevent.monkey"), "is_module_patched", lambda name: False)
FACTS = {
    "patched_at_import": native("socket") and native("threading"),
    "loaded_by": os.getpid(),
    "switch_interval_s": sys.getswitchinterval(),
    "python": list(sys.version_info[:2]),
}

def app(environ, start_response):
    facts = {**FACTS, "pid": os.getpid(), "thread": threading.get_native_id()}
    body = json.dumps(facts).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]

def hang():
    threading.Event().wait()

def leave():
    os._exit(7)
"""


def read_facts(target: RunningTarget) -> dict[str, Any]:
    """Ask a running plain target once, over a connection of its own."""
    connection = http.client.HTTPConnection(*target.address, timeout=30)
    try:
        connection.request("GET", "/", headers={"Connection": "close"})
        facts: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return facts


@pytest.fixture
def make_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SpecMaker:
    """Return a maker of specs, each of a run of its own; a target module ``plain`` can be imported."""
    (tmp_path / "plain.py").write_text(PLAIN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(model: str, server: str | None = None, **changes: Any) -> Spec:
        hosting = look_up(model, server)
        run = new_run(tmp_path / "reports", RunMeta(("test",), 1, (hosting.column,)))
        column = run.column(hosting.column)
        column.make()
        spec = Spec(
            run=run.name,
            column=column.name,
            model=model,
            server=hosting.server.name,
            concurrency=min(hosting.model.concurrency, 16),
            folder=str(column.path),
            journal_dir=str(column.server_dir),
            log=str(column.target_log),
            resources=str(column.resources_path),
            session_db=str(column.session_db),
            doubts=str(column.doubts_path),
            target="plain:app",
        )
        return replace(spec, **changes)

    return make


@pytest.fixture
def ask_facts() -> Callable[[RunningTarget], dict[str, Any]]:
    """Return the function that asks a plain target how it is hosted."""
    return read_facts
