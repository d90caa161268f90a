"""Decides every path under ``reports/``, and writes what the workers do not.

The rule: what is in a run's folder is untrusted when it is read. A run may come from another machine,
another version or nobody of ours: names are checked before they become paths, files are opened only if they
are regular, every record is validated. ``reports/README.md`` says what each file holds.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from harness import records

from .files import StoreError, append_line, read_bytes, read_json, regular_files, write_json, writing
from .metadata import FORMAT, NAME, ColumnMeta, Doubt, RunMeta

T = TypeVar("T", RunMeta, ColumnMeta)

JOURNAL = ".journal"
DETAILS = ".details.jsonl"
PLACES = ".places.json"
NAMES = ".names.json"


@dataclass(frozen=True, slots=True)
class Column:
    """The folder of one column."""

    path: Path

    @property
    def name(self) -> str:
        """The column's name, such as ``thread-gthread``."""
        return self.path.name

    @property
    def meta_path(self) -> Path:
        """``column.json``."""
        return self.path / "column.json"

    @property
    def spec_path(self) -> Path:
        """``spec.json``: what the target was started with."""
        return self.path / "spec.json"

    @property
    def doubts_path(self) -> Path:
        """``doubts.jsonl``: what went wrong, appended by whoever notices."""
        return self.path / "doubts.jsonl"

    @property
    def server_dir(self) -> Path:
        """The journals of the target's processes, ``<pid>-<n>.journal``."""
        return self.path / "server"

    @property
    def client_dir(self) -> Path:
        """The journals of the load workers, ``<load worker>.journal``, and their details."""
        return self.path / "client"

    @property
    def target_log(self) -> Path:
        """What the target's processes wrote, its head and its tail."""
        return self.path / "target.log"

    @property
    def locust_log(self) -> Path:
        """What Locust wrote."""
        return self.path / "locust.log"

    @property
    def progress_path(self) -> Path:
        """``progress.json``: how far the load is, there only while it runs."""
        return self.path / "progress.json"

    @property
    def resources_path(self) -> Path:
        """``resources.csv``: the target's processes, sampled."""
        return self.path / "resources.csv"

    @property
    def routes_path(self) -> Path:
        """``routes.json``: what a user's own application serves."""
        return self.path / "routes.json"

    @property
    def session_db(self) -> Path:
        """The server-side sessions of the target."""
        return self.path / "sessions.sqlite3"

    def client_journal(self, load_worker: str) -> Path:
        """Return the path of a load worker's journal."""
        return self.client_dir / f"{_name(load_worker, 'load worker')}{JOURNAL}"

    def client_details(self, load_worker: str) -> Path:
        """Return the path of a load worker's redacted details."""
        return self.client_dir / f"{_name(load_worker, 'load worker')}{DETAILS}"

    def server_journals(self) -> list[Path]:
        """Return the journals of the target's processes, sorted."""
        return regular_files(self.server_dir, JOURNAL)

    def client_journals(self) -> list[Path]:
        """Return the journals of the load workers, sorted."""
        return regular_files(self.client_dir, JOURNAL)

    def details_files(self) -> list[Path]:
        """Return the details of the load workers, sorted."""
        return regular_files(self.client_dir, DETAILS)

    def places_files(self) -> list[Path]:
        """Return what the target's processes said of where their checkpoints are, sorted."""
        return regular_files(self.server_dir, PLACES)

    def names_files(self) -> list[Path]:
        """Return what the numbers in the target's RESIDUE records stand for, sorted."""
        return regular_files(self.server_dir, NAMES)

    def forget_sessions(self) -> None:
        """Remove the target's sessions, and the throw-away key that signs them; the target is gone."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                self.session_db.with_name(self.session_db.name + suffix).unlink()

    def make(self) -> None:
        """Make the folders. :raises StoreError: if they can't be made."""
        with writing(self.path):
            for folder in (self.path, self.server_dir, self.client_dir):
                folder.mkdir(parents=True, exist_ok=True)

    def write_meta(self, meta: ColumnMeta) -> None:
        """Write ``column.json``. :raises StoreError: if it can't be written."""
        write_json(self.meta_path, records.to_json(meta))

    def read_meta(self) -> ColumnMeta:
        """Read ``column.json``. :raises StoreError: if it is missing or not ours."""
        return _read_record(self.meta_path, ColumnMeta)


@dataclass(frozen=True, slots=True)
class Run:
    """The folder of one run."""

    path: Path

    @property
    def name(self) -> str:
        """The run's name: ``YYYYMMDD-HHMMSS-<6 hex>``, in UTC, if we made it."""
        return self.path.name

    @property
    def meta_path(self) -> Path:
        """``run.json``."""
        return self.path / "run.json"

    @property
    def verdict_path(self) -> Path:
        """``verdict.json``: the verdict, for programs. Without it there is none."""
        return self.path / "verdict.json"

    @property
    def report_path(self) -> Path:
        """``report.html``."""
        return self.path / "report.html"

    @property
    def summary_path(self) -> Path:
        """``summary.txt``."""
        return self.path / "summary.txt"

    @property
    def junit_path(self) -> Path:
        """``junit.xml``: the verdict, for CI that reads nothing else."""
        return self.path / "junit.xml"

    @property
    def brief_path(self) -> Path:
        """``brief.json``: the few facts of the verdict that a list of runs shows."""
        return self.path / "brief.json"

    @property
    def doubts_path(self) -> Path:
        """``doubts.jsonl`` of the run as a whole."""
        return self.path / "doubts.jsonl"

    def column(self, name: str) -> Column:
        """Return the column of this name, whether it is there yet or not.

        :raises StoreError: if that is no name for a column.
        """
        return Column(self.path / _name(name, "column"))

    def columns(self) -> list[Column]:
        """Return the columns that ``run.json`` names. :raises StoreError: as :meth:`read_meta`."""
        return [self.column(name) for name in self.read_meta().columns]

    def forget_verdict(self) -> None:
        """Remove an earlier verdict and its reports: what is recorded from now on is not in them.

        :raises StoreError: if they can't be removed.
        """
        written = (self.verdict_path, self.brief_path, self.junit_path, self.summary_path, self.report_path)
        for path in written:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StoreError(
                    f"can't remove {path}, which an earlier judging wrote: {error.strerror}; "
                    "make the run's folder writable"
                ) from error

    def write_meta(self, meta: RunMeta) -> None:
        """Write ``run.json``. :raises StoreError: if it can't be written."""
        write_json(self.meta_path, records.to_json(meta))

    def read_meta(self) -> RunMeta:
        """Read ``run.json``. :raises StoreError: if it is missing or not ours."""
        return _read_record(self.meta_path, RunMeta)


def new_run(reports: Path, meta: RunMeta) -> Run:
    """Make the folder of a new run, with its ``run.json`` (whose ``created_utc`` and ``run`` are filled in).

    :raises StoreError: if it can't be made.
    """
    now = datetime.now(UTC)
    with writing(reports):
        reports.mkdir(parents=True, exist_ok=True)
        path = reports.resolve() / f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        path.mkdir()
    run = Run(path)
    created = meta.created_utc or now.isoformat(timespec="seconds")
    filled = {**records.to_json(meta), "created_utc": created, "run": run.name}
    run.write_meta(records.from_json(RunMeta, filled, "run.json"))
    return run


def open_run(path: Path) -> Run:
    """Return an existing run.

    :raises StoreError: if there is none, or it was made by something else, or can't be read.
    """
    run = Run(path.resolve())
    if not run.path.is_dir():
        raise StoreError(f"there is no run at {path}: give the folder that `crosstalk run` named")
    if not os.path.lexists(run.meta_path):
        raise StoreError(f"{path} is no run of crosstalk: it has no run.json")
    run.columns()
    return run


def append_doubt(path: Path, doubt: Doubt) -> None:
    """Append a line to a ``doubts.jsonl``; several processes may do so at once.

    :raises StoreError: if it can't be written.
    """
    append_line(path, json.dumps(records.to_json(doubt)))


def read_doubts(path: Path) -> tuple[Doubt, ...]:
    """Return the doubts recorded; () if the file is not there. A line that can't be read is a doubt too."""
    if not os.path.lexists(path):
        return ()
    try:
        lines = read_bytes(path).splitlines()
    except StoreError as error:
        return (Doubt("harness", str(error)),)
    return tuple(_doubt_of(line) for line in lines if line.strip())


def _doubt_of(line: bytes) -> Doubt:
    try:
        return records.from_text(Doubt, line, "doubts.jsonl")
    except records.RecordError as error:
        return Doubt("harness", f"a recorded doubt can't be read: {error}")


def _read_record(path: Path, cls: type[T]) -> T:
    raw = read_json(path)
    made_by = raw.get("format") if isinstance(raw, dict) else None
    if type(made_by) is int and made_by != FORMAT:
        raise StoreError(
            f"{path} has format {made_by}; this crosstalk reads format {FORMAT}: use the one that made it"
        )
    try:
        return records.from_json(cls, raw, path.name)
    except records.RecordError as error:
        raise StoreError(f"{path.parent} is no run of crosstalk: {error}") from error


def _name(name: str, kind: str) -> str:
    if not NAME.fullmatch(name):
        raise StoreError(f"{name!r} is no name of a {kind}; the run is not ours")
    return name
