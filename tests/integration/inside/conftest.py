"""A target of nobody's framework that fails in every way an application can, on every server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.store.metadata import RunMeta
from harness.store.runs import new_run
from harness.workers.running import RunningTarget, start_target
from harness.workers.spec import Spec
from harness.workers.table import Hosting, all_hostings

FAILING = """
import sys


class Cut(BaseException):
    pass


KINDS = {"error": ValueError, "base": Cut, "exit": SystemExit, "interrupt": KeyboardInterrupt}
greenlet = sys.modules.get("greenlet")
if greenlet is not None:
    KINDS["greenlet"] = greenlet.GreenletExit

CHUNK = b"x" * 1000


class Body:
    def __init__(self, chunks, where, kind):
        self.chunks, self.where, self.kind, self.given = chunks, where, kind, 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.where == "first" or (self.where == "middle" and self.given == 2):
            raise self.kind("failed")
        if self.given == self.chunks:
            raise StopIteration
        self.given += 1
        return CHUNK

    def close(self):
        if self.where == "close":
            raise self.kind("failed")


def app(environ, start_response):
    _, where, kind, length = environ["PATH_INFO"].split("/")
    kind = KINDS.get(kind, ValueError)
    if where == "before":
        raise kind("failed")
    headers = [("Content-Type", "text/plain")]
    if length == "sized":
        headers.append(("Content-Length", str(4 * len(CHUNK))))
    write = start_response("200 OK", headers)
    if where == "after":
        raise kind("failed")
    if where == "written":
        write(CHUNK)
        raise kind("failed")
    return Body(4, where, kind)
"""


@pytest.fixture(scope="module", params=all_hostings(), ids=lambda hosting: hosting.column)
def failing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningTarget]:
    """Yield that target, on one server after the other."""
    hosting: Hosting = request.param
    folder = tmp_path_factory.mktemp(hosting.column)
    (folder / "failing.py").write_text(FAILING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        with start_target(_spec(hosting, folder, "failing:app")) as target:
            yield target


@pytest.fixture
def make_spec() -> Callable[[Hosting, Path, str], Spec]:
    """Return the maker of the specs of targets."""
    return _spec


def _spec(hosting: Hosting, folder: Path, target: str) -> Spec:
    run = new_run(folder / "reports", RunMeta(("test",), 1, (hosting.column,)))
    column = run.column(hosting.column)
    column.make()
    return Spec(
        run=run.name,
        column=column.name,
        model=hosting.model.name,
        server=hosting.server.name,
        concurrency=min(hosting.model.concurrency, 8),
        folder=str(column.path),
        journal_dir=str(column.server_dir),
        log=str(column.target_log),
        resources=str(column.resources_path),
        session_db=str(column.session_db),
        doubts=str(column.doubts_path),
        target=target,
    )
