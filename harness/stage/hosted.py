"""Hosts one column's target: its folder, its process, and what became of it.

`locust -f` and `crosstalk serve` both do this; neither knows the files of a column.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from harness import doctor
from harness.doctor import versions
from harness.options.table import Settings, UsageError
from harness.report.redact import redact_command
from harness.store.files import StoreError
from harness.store.metadata import ColumnMeta, Doubt, RunMeta
from harness.store.runs import Column, Run, append_doubt, new_run
from harness.workers.command import find_python
from harness.workers.failure import TargetError
from harness.workers.listener import bind_listener, is_loopback
from harness.workers.running import RunningTarget, start_target
from harness.workers.spec import Spec
from harness.workers.table import check_concurrency, look_up

#: A user keeps a connection and opens fresh ones beside it.
FILES_PER_USER, FILES_BESIDE = 2, 64
#: What a target that recorded nothing is filed under.
EXTERNAL = ("external", "host")


def make_run(settings: Settings, columns: Sequence[str], command: Sequence[str]) -> Run:
    """Make the folder of a new run of these columns.

    :raises StoreError: if it can't be made.
    """
    return new_run(
        Path(settings.reports),
        RunMeta(
            command=tuple(redact_command(command)),
            seed=settings.seed,
            columns=tuple(columns),
            operations=settings.operations,
            duration_s=settings.duration_s,
            versions=versions(),
        ),
    )


def describe_column(settings: Settings, address: tuple[str, int], users: int) -> ColumnMeta:
    """Return the ``column.json`` of a column that is about to be loaded.

    Whether it records is known once the target announces it; until then it is what was asked for.
    """
    hosting = look_up(settings.worker_model[0], settings.server[0])
    return ColumnMeta(
        model=hosting.model.name,
        server=hosting.server.name,
        concurrency=check_concurrency(hosting, settings.concurrency, users),
        address=address,
        seed=settings.seed,
        faults=settings.faults,
        yields=settings.yields,
        switch_interval_s=settings.switch_interval_s,
        target=settings.app.name or settings.target,
        target_python=settings.target_python,
        users=users,
        started_utc=now_utc(),
        operations=settings.operations,
        duration_s=settings.duration_s,
        black_box=settings.black_box,
        scenarios=settings.scenarios,
        guard=not settings.unguarded,
        app=bool(settings.app.name),
        shared=settings.app.shared,
        named=not settings.any_model,
        reuse_app_context=settings.reuse_app_context,
    )


def describe_external(settings: Settings, address: tuple[str, int], users: int) -> ColumnMeta:
    """Return the ``column.json`` of a target that is not ours: nothing of its inside is known."""
    return ColumnMeta(
        model=EXTERNAL[0],
        server=EXTERNAL[1],
        concurrency=0,
        address=address,
        seed=settings.seed,
        yields=False,
        inside=False,
        users=users,
        started_utc=now_utc(),
        operations=settings.operations,
        duration_s=settings.duration_s,
        black_box=settings.black_box,
        scenarios=settings.scenarios,
        guard=False,
    )


def make_spec(settings: Settings, run: Run, column: Column, users: int) -> Spec:
    """Return what the target's process has to know."""
    hosting = look_up(settings.worker_model[0], settings.server[0])
    return Spec(
        run=run.name,
        column=column.name,
        model=hosting.model.name,
        server=hosting.server.name,
        concurrency=check_concurrency(hosting, settings.concurrency, users),
        folder=str(column.path),
        journal_dir=str(column.server_dir),
        log=str(column.target_log),
        resources=str(column.resources_path),
        session_db=str(column.session_db),
        doubts=str(column.doubts_path),
        target=settings.app.name or settings.target,
        faults=settings.faults,
        yields=settings.yields,
        switch_interval_s=settings.switch_interval_s,
        guard=not settings.unguarded,
        app=bool(settings.app.name),
        cache_max=settings.app.cache_max,
        routes=str(column.routes_path),
        seed=settings.seed,
        reuse_app_context=settings.reuse_app_context,
        disk_max_mb=settings.disk_max_mb,
    )


def check_hosting(settings: Settings, columns: Iterable[tuple[str, str]], users: int) -> None:
    """Find out before anything is made whether these columns can be hosted here.

    :raises TargetError: if there is no such interpreter, or no such address to listen on.
    :raises UnknownWorkersError: if a column can't serve that many users.
    :raises UsageError: if this system can't open that many connections.
    """
    for model, server in columns:
        check_concurrency(look_up(model, server), settings.concurrency, users)
    if FILES_PER_USER * users + FILES_BESIDE > (files := doctor.files_open_max()):
        raise UsageError(
            f"{users} users need more than the {files} open files that this system lets a process have: "
            "raise `ulimit -n`, or give fewer users"
        )
    find_python(settings.target_python)
    bind_listener(settings.bind, settings.port).close()


class HostedColumn:
    """One column whose target runs; made by :func:`host_column`."""

    def __init__(self, column: Column, target: RunningTarget, meta: ColumnMeta) -> None:
        self.column = column
        self.target = target
        self.meta = meta
        self._stopped = False

    @property
    def address(self) -> tuple[str, int]:
        """Host and port by which this machine reaches the target."""
        return self.target.address

    def stop(self, *, load_workers: int | None = None) -> None:
        """End the target and note how it ended. Idempotent.

        :param load_workers: how many processes sent operations; None if others noted that.
        :raises StoreError: if ``column.json`` can't be written.
        """
        if self._stopped:
            return
        self._stopped = True
        facts = self.target.stop()
        for text in facts.doubts():
            note(self.column.doubts_path, Doubt("target", text))
        self.column.forget_sessions()
        with suppress(StoreError):
            self.meta = self.column.read_meta()  # a load that attached has noted there what it sent
        workers = self.meta.load_workers if load_workers is None else load_workers
        self.meta = dataclasses.replace(self.meta, ended_utc=now_utc(), load_workers=workers)
        self.column.write_meta(self.meta)


def host_column(settings: Settings, run: Run, column: Column, users: int, *, locust: bool) -> HostedColumn:
    """Start the target of *column* in its folder.

    :raises TargetError: if it can't start; it is gone then.
    :raises StoreError: if the folder can't be written.
    """
    column.make()
    # Written before the target starts, so that a column that could not start says what it was to be.
    asked = (settings.bind, settings.port)
    meta = dataclasses.replace(describe_column(settings, asked, users), locust=locust)
    column.write_meta(meta)
    spec = make_spec(settings, run, column, users)
    try:
        target = start_target(
            spec,
            settings.target_python,
            bind=settings.bind,
            port=settings.port,
            ready_timeout_s=settings.start_timeout_s,
        )
    except BaseException:
        column.forget_sessions()
        raise
    try:
        said = target.announcement
        inside = said is not None and said.records
        contexts = "" if said is None else said.contexts
        meta = dataclasses.replace(meta, address=target.address, inside=inside, contexts=contexts)
        column.write_meta(meta)
    except BaseException:
        target.stop()
        raise
    return HostedColumn(column, target, meta)


def bind_warning(settings: Settings) -> str:
    """Return what to say when others can reach the target, '' if they can't."""
    if is_loopback(settings.bind):
        return ""
    return (
        f"--bind {settings.bind}: the target runs with debugging probes and can be reached "
        "by every machine that reaches this address"
    )


def note(path: Path, doubt: Doubt) -> str:
    """Record a doubt; return why that was impossible, '' if it was not."""
    try:
        append_doubt(path, doubt)
    except StoreError as error:
        return str(error)
    return ""


def now_utc() -> str:
    """Return the time of day, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def failure_of(error: Exception) -> Doubt:
    """Return what a failure to start is recorded as."""
    if isinstance(error, TargetError):
        whose = "target"
    else:
        whose = "disk" if isinstance(error, StoreError) else "harness"
    return Doubt(whose, str(error), failed=True)
