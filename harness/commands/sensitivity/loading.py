"""A short load of one hosted target without Locust, judged between its waves.

A wave is a number of operations that the hammer's clients spend together, each wave with clients of its own;
what the journals hold after each says whether another one is needed. So that a scenario is not left out
by chance, every wave begins with all of them (``harness/workload/front.py``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from harness.history.collect import read_history
from harness.history.columns import Batch
from harness.load.hammer import Hammer
from harness.load.locust.spool import open_recording
from harness.options.table import Settings
from harness.pipeline import judge_column
from harness.report.data import ColumnReport
from harness.stage.hosted import host_column
from harness.store.runs import Column, Run
from harness.workload.front import deal, favour, named
from harness.workload.mix import make_mix, whole_mix

#: Clients at once; on two cores more of them don't make more requests overlap.
CLIENTS = 8
#: How often a wave that may end early is looked at.
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Load:
    """How one target is loaded.

    ``enough`` is asked after each wave, and in the middle of one if ``ends_early``.
    """

    settings: Settings
    operations: int  # in a wave
    waves_max: int
    enough: Callable[[ColumnReport], bool]
    ends_early: bool = False
    wanted: tuple[str, ...] = ()  # scenarios that come first and oftener
    clients: int = CLIENTS


def load_and_judge(run: Run, column: Column, load: Load) -> tuple[ColumnReport, bool]:
    """Host the target of a column, load it, stop it; return what the journals prove.

    The second value says whether the harness failed.

    :raises TargetError: if the target can't be started.
    :raises StoreError: if the folder can't be written or read.
    """
    hosted = host_column(load.settings, run, column, load.clients, locust=False)
    waves = 0
    try:
        while True:
            _wave(hosted.address, run, column, load, waves)
            waves += 1
            if waves == load.waves_max or not hosted.target.alive:
                break
            if load.enough(judge_column(column, run.name)[0]):
                break
    finally:
        hosted.stop(load_workers=waves)
    return judge_column(column, run.name)


def read_batches(column: Column, run: Run) -> list[Batch]:
    """Return all that both sides recorded."""
    paths = [*column.client_journals(), *column.server_journals()]
    return list(read_history(paths, {}, (), run.name).batches())


def _wave(address: tuple[str, int], run: Run, column: Column, load: Load, number: int) -> None:
    """Spend one wave's operations; recorded as those of load worker *number*."""
    settings = load.settings
    only: Collection[str] = settings.scenarios or {*whole_mix(settings.worker_model[0]), *load.wanted}
    mix = make_mix(only, guarded=not settings.unguarded)
    wanted = named(mix, load.wanted)
    recording = open_recording(
        column.client_journal(str(number)), column.client_details(str(number)), run.name, settings.disk_max_mb
    )
    try:
        hammer = Hammer(
            address,
            recording.journal,
            clients=load.clients,
            seed=settings.seed,
            worker=number,
            details=recording.details,
            timeout_s=settings.timeout_s,
            mix=favour(mix, wanted),
            fronts=deal(mix, load.clients, wanted),
        )
        if load.ends_early:
            _until(hammer, load, lambda: load.enough(judge_column(column, run.name)[0]))
        else:
            hammer.run(load.operations)
    finally:
        recording.close()


def _until(hammer: Hammer, load: Load, enough: Callable[[], bool]) -> None:
    """Hammer until the wave is spent or *enough* was recorded."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            hammer.run(load.operations)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="crosstalk-hammer", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(LOOK_EVERY_S)
            if enough():
                break
    finally:
        hammer.stop()
        with suppress(RuntimeError):
            thread.join()
    if errors:
        raise errors[0]
