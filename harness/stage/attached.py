"""Load against a target that runs already (``--host``): one of ours that says so, or a black box.

A target that `crosstalk serve` started announces its run. If that run lies under our ``--reports``, the
client's journals go there too, and the whole is judged with what the target has recorded *so far*:
its processes still run, so their journals are open, and a context open at their end is not held
against anyone. Any other target is a black box, and so is one of ours that announces that it records
nothing: what happens inside it is not looked at, and ``--black-box`` accepts that. The option never
switches off the evidence of a target that records.

The announcement is untrusted: names are checked before they become paths, and the folder is the one
our own ``--reports`` has, never one that a target names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.options.table import Settings, UsageError
from harness.store.files import StoreError
from harness.store.metadata import NAME, ColumnMeta
from harness.store.runs import Column, Run, open_run
from harness.workers.readiness import Announcement, ask, ask_status
from harness.workers.table import check_concurrency, look_up

from .hosted import EXTERNAL, describe_external, make_run, now_utc

ASK_TIMEOUT_S = 5.0
#: Every target that can be loaded answers this one.
PROBE = "/echo/0000000000000000"


@dataclass(slots=True)
class Attached:
    """A column whose target somebody else runs.

    ``first_worker``: the first load worker number that no earlier load of this run has used.
    """

    run: Run
    column: Column
    meta: ColumnMeta
    address: tuple[str, int]
    inside: bool
    first_worker: int
    ours: bool  # one of `crosstalk serve`: its outermost wrapper is ours

    def close(self, load_workers: int) -> None:
        """Note that the load is over; a target of ours goes on running."""
        ended = "" if self.ours else now_utc()
        workers = self.first_worker + load_workers
        self.meta = dataclasses.replace(self.meta, ended_utc=ended, load_workers=workers)
        self.column.write_meta(self.meta)


def attach(host: str, settings: Settings, users: int, command: Sequence[str]) -> Attached:
    """Find out what runs at *host* and where its evidence lies.

    :raises UsageError: if *host* names no target, or announces a run that is not here.
    :raises StoreError: if the folder can't be made or read.
    :raises UnknownWorkersError: if a target of ours can't serve that many users.
    """
    address = parse_host(host)
    for name, given in (
        ("--unguarded", settings.unguarded),
        ("--reuse-app-context", settings.reuse_app_context),
    ):
        if given:
            raise UsageError(f"{name} is about a target that is started here: leave it out with --host")
    said = ask(*address, ASK_TIMEOUT_S)
    if said is not None:
        return _attach_ours(host, address, said, settings, users)
    return _attach_external(address, settings, users, command)


def parse_host(host: str) -> tuple[str, int]:
    """Return (host, port) of ``http://host:port``.

    :raises UsageError: if it is anything else.
    """
    try:
        parts = urlsplit(host if "//" in host else f"http://{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port, parts = None, None, urlsplit("")
    if not name or parts.scheme != "http" or parts.path not in ("", "/") or parts.query or parts.username:
        raise UsageError(f"--host: {host!r} names no target; write http://HOST:PORT")
    return name, port or 80


def _attach_ours(
    host: str, address: tuple[str, int], said: Announcement, settings: Settings, users: int
) -> Attached:
    if not NAME.fullmatch(said.run) or not NAME.fullmatch(said.column):
        raise UsageError(f"--host: the target at {host} announces a run whose name is none")
    try:
        run = open_run(Path(settings.reports) / said.run)
    except StoreError as error:
        raise UsageError(
            f"--host: the target at {host} announces run {said.run}, which is not under "
            f"{settings.reports}: give the --reports that it was started with"
        ) from error
    column = run.column(said.column)
    meta = column.read_meta()
    check_concurrency(look_up(meta.model, meta.server), meta.concurrency, users)
    column.make()
    run.forget_verdict()
    first = _first_free(column)
    meta = dataclasses.replace(
        meta,
        users=max(users, meta.users),
        operations=settings.operations,
        duration_s=settings.duration_s,
        inside=said.records,
        black_box=settings.black_box,
        scenarios=settings.scenarios if first == 0 else _together(meta.scenarios, settings.scenarios),
    )
    column.write_meta(meta)
    return Attached(run, column, meta, address, said.records, first, ours=True)


def _attach_external(
    address: tuple[str, int], settings: Settings, users: int, command: Sequence[str]
) -> Attached:
    status = ask_status(*address, PROBE, ASK_TIMEOUT_S)
    if status == 404:
        raise UsageError(
            f"--host: the target at {address[0]}:{address[1]} answers {PROBE} with 404: "
            "it serves none of the probes that docs/probes.md asks for"
        )
    name = "-".join(EXTERNAL)
    run = make_run(settings, (name,), command)
    column = run.column(name)
    column.make()
    meta = describe_external(settings, address, users)
    column.write_meta(meta)
    return Attached(run, column, meta, address, inside=False, first_worker=0, ours=False)


def _together(before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scenarios of two loads of one column; () is the whole mix."""
    return tuple(dict.fromkeys((*before, *now))) if before and now else ()


def _first_free(column: Column) -> int:
    used = [int(path.stem) for path in column.client_journals() if path.stem.isdecimal()]
    return max(used, default=-1) + 1
