"""Where one start of the load plays: a folder for its evidence, and a target to send to.

Two kinds: a target of our own, started for this load and stopped after it, and one that runs
already (``--host``). Making a stage makes or finds its folder, so that whatever fails afterwards can be
recorded there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import gevent

from harness.options.table import Settings, UsageError
from harness.stage.attached import Attached, attach
from harness.stage.hosted import HostedColumn, host_column, make_run
from harness.store.runs import Column, Run, open_run

#: After the last answer, a target that goes on running may still be writing its last records.
QUIET_S = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for: our settings, Locust's own, and the command that did."""

    settings: Settings
    users: int
    host: str  # of a target that runs already, '' to start one
    command: tuple[str, ...]


class Stage(Protocol):
    """See above; ``start`` once, then ``end`` (any number of times)."""

    run: Run
    column: Column
    #: The first load worker number that is free.
    first_worker: int
    #: Whether the outermost wrapper of the target is ours, so that it may be sent a BaseException;
    #: one that lets it through (--unguarded) was asked to.
    guarded: bool

    @property
    def model(self) -> str:
        """The target's worker model; any other word for one that is not ours."""

    def start(self) -> tuple[str, int]:
        """Return the address of the target, once it serves."""

    @property
    def alive(self) -> bool:
        """Whether the target still runs, as far as we know."""

    def end(self, load_workers: int) -> None:
        """Note that the load, of so many processes, is over."""


@dataclass(slots=True)
class OwnStage:
    """A target of our own, in a folder of its own or in the one that ``--into`` names."""

    asked: Asked
    run: Run
    column: Column
    first_worker: int = 0
    guarded: bool = True
    hosted: HostedColumn | None = field(default=None, init=False)

    @property
    def model(self) -> str:
        """The one that was asked for."""
        return self.asked.settings.worker_model[0]

    def start(self) -> tuple[str, int]:
        """Start the target. :raises TargetError: if it can't be started."""
        asked = self.asked
        self.hosted = host_column(asked.settings, self.run, self.column, asked.users, locust=True)
        return self.hosted.address

    @property
    def alive(self) -> bool:
        """Whether the target's process runs."""
        return self.hosted is None or self.hosted.target.alive

    def end(self, load_workers: int) -> None:
        """Stop the target."""
        if self.hosted is not None:
            self.hosted.stop(load_workers=load_workers)


@dataclass(slots=True)
class HostStage:
    """A target that runs already."""

    attached: Attached
    run: Run
    column: Column
    first_worker: int
    guarded: bool

    @property
    def model(self) -> str:
        """The one that its run names."""
        return self.attached.meta.model

    def start(self) -> tuple[str, int]:
        """Return its address."""
        return self.attached.address

    @property
    def alive(self) -> bool:
        """Not ours to say: its answers tell."""
        return True

    def end(self, load_workers: int) -> None:
        """Give the target a moment for its last records; it goes on running."""
        gevent.sleep(QUIET_S)
        self.attached.close(load_workers)


def make_stage(asked: Asked) -> Stage:
    """Make the folder, or find the one of the target at ``--host``.

    :raises UsageError: if ``--host`` names no target we can judge.
    :raises StoreError: if the folder can't be made.
    """
    settings = asked.settings
    if asked.host and settings.app.name:
        raise UsageError("--app is started here: leave out --host")
    if asked.host:
        attached = attach(asked.host, settings, asked.users, asked.command)
        return HostStage(
            attached, attached.run, attached.column, attached.first_worker, guarded=attached.ours
        )
    name = f"{settings.worker_model[0]}-{settings.server[0]}"
    if settings.into:
        into = Path(settings.into)
        run, name = open_run(into.parent), into.name
    else:
        run = make_run(settings, (name,), asked.command)
    column = run.column(name)
    column.make()
    return OwnStage(asked, run, column)
