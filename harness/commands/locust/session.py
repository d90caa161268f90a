"""One start of the load under Locust: a run's folder, a target, the load, the verdict.

Made at ``test_start`` on the local or master runner, ended by :meth:`Session.finish`, whoever calls
it first. The rule this file guards: **whatever goes wrong here is recorded in the run and ends it;
nothing is left running, and nothing is valid by default.**
"""

from __future__ import annotations

import dataclasses
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import gevent
from gevent.event import Event

from harness.load.locust.local import Ends
from harness.load.locust.receipts import Places
from harness.load.locust.routebook import RouteBook
from harness.load.locust.tickets import TicketOffice
from harness.load.locust.wire import LoadPlan
from harness.load.visiting import Visiting, to_wire
from harness.pipeline import judge_run
from harness.report.data import RunReport
from harness.report.wording import one_account
from harness.stage.hosted import bind_warning, failure_of, note
from harness.stage.visiting import app_warning, note_routes, plan_visits
from harness.store.files import StoreError, write_json
from harness.store.metadata import Doubt
from harness.store.runs import Column
from harness.store.survey import RoutePlan
from harness.verdict import EXIT_CODES, EXIT_HARNESS_FAILED, Verdict
from harness.workers.failure import TargetError, with_log
from harness.workload.mix import whole_mix

from .stage import Asked, Stage, make_stage

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
PROGRESS_EVERY_S = 0.5
#: Without a web interface, nobody can bring users back: they ended (a listener of somebody's raised).
DESERTED_S = 10.0


class LoadEnd(Protocol):
    """What runs the load: in this process, or in Locust's workers."""

    @property
    def load_workers(self) -> int:
        """How many processes send operations."""

    def begin(
        self, plan: LoadPlan, office: TicketOffice, places: Callable[[int], Places], ends: Ends
    ) -> None:
        """Let the users begin."""

    def operations(self) -> int:
        """Return how many operations are finished, as far as is known."""

    def collect(self) -> list[str]:
        """End the load; return what is missing of its recording."""


@dataclass(frozen=True, slots=True)
class Locust:
    """What we ask of Locust: to end the test, and how many users there are.

    ``own``: what they send is written in a locustfile of the user's own.
    """

    stop: Callable[[], None]
    users: Callable[[], int]
    headless: bool
    own: bool = False


class Session:
    """One start; :meth:`begin` once, then :meth:`finish` (any number of times).

    ``code`` is its exit code once it is finished; ``report`` what was judged, if anything was.
    """

    def __init__(self, asked: Asked, load: LoadEnd, locust: Locust) -> None:
        self._asked = asked
        self._load = load
        self._locust = locust
        self._stage: Stage | None = None
        self._book = RouteBook()
        self._starter: Any = None  # the greenlet that is starting, while it does
        self._stopping = False
        self._finishing = False
        self._finished = Event()
        self._failed = False
        self.code = EXIT_HARNESS_FAILED
        self.report: RunReport | None = None

    # -- the start -------------------------------------------------------------------------------

    def begin(self, watch: Callable[[Column], None] = lambda _: None) -> None:
        """Make the folder, start or find the target, and let the load begin; *watch* is told where.

        :raises Exception: as it failed; then :meth:`fail` is to be called with it.
        """
        self._starter = gevent.getcurrent()
        try:
            self._begin(watch)
        finally:
            self._starter = None

    def _begin(self, watch: Callable[[Column], None]) -> None:
        settings = self._asked.settings
        warnings = (bind_warning(settings), app_warning(settings), one_account(settings.app.headers))
        for warning in filter(None, warnings):
            logger.warning("%s", warning)
        stage = self._stage = make_stage(self._asked)
        watch(stage.column)
        address = stage.start()
        plan = dataclasses.replace(self._plan(stage, address), visiting=to_wire(self._visiting(stage)))
        ends = Ends(self.stop, self._on_fault, self._book)
        self._load.begin(plan, TicketOffice(settings.operations), self._places(stage.column), ends)
        gevent.spawn(self._watch, stage)

    def fail(self, error: Exception) -> None:
        """Record that this start failed; whoever called ends the run."""
        doubt = failure_of(error)
        lines = error.log_lines if isinstance(error, TargetError) else ()
        logger.error("crosstalk: %s", with_log(doubt.text, lines))
        self._failed = True
        self._note(doubt)

    def _visiting(self, stage: Stage) -> Visiting | None:
        settings = self._asked.settings
        if self._locust.own:  # what is asked for turns up as it is
            return Visiting(RoutePlan(), settings.app.headers)
        return plan_visits(settings, stage.column) if settings.app.name else None

    def _plan(self, stage: Stage, address: tuple[str, int]) -> LoadPlan:
        settings = self._asked.settings
        return LoadPlan(
            run=stage.run.name,
            host=address[0],
            port=address[1],
            worker=stage.first_worker,
            seed=settings.seed,
            limited=settings.operations is not None,
            scenarios=settings.scenarios or whole_mix(stage.model),
            guarded=stage.guarded,
            timeout_s=settings.timeout_s,
            drain_timeout_s=settings.drain_timeout_s,
            disk_max_mb=settings.disk_max_mb,
        )

    def _places(self, column: Column) -> Callable[[int], Places]:
        limit = self._asked.settings.disk_max_mb << 20

        def places(worker: int) -> Places:
            return Places(column.client_journal(str(worker)), column.client_details(str(worker)), limit)

        return places

    # -- while it runs ---------------------------------------------------------------------------

    def stop(self) -> None:
        """Have Locust end the run, from a greenlet of its own. Idempotent."""
        if not self._stopping:
            self._stopping = True
            gevent.spawn(self._locust.stop)

    def _on_fault(self, text: str) -> None:
        self._note(Doubt("load", text, failed=True))
        self.stop()

    def _watch(self, stage: Stage) -> None:
        """End the run when its time is up, its target or all users are gone, or nobody waits for it."""
        started = told = peopled = time.monotonic()
        settings = self._asked.settings
        parent = os.getppid()
        while not self._finishing:
            gevent.sleep(LOOK_EVERY_S)
            now = time.monotonic()
            if settings.duration_s is not None and now - started >= settings.duration_s:
                self.stop()
            if not stage.alive:
                self.stop()  # what became of it is noted when it is stopped
            peopled = now if self._locust.users() else peopled
            if self._locust.headless and now - peopled > DESERTED_S and not self._stopping:
                self._note(Doubt("load", "every user ended before the run was over"))
                self.stop()
            if settings.into and os.getppid() != parent:
                self.stop()
            if settings.into and now - told >= PROGRESS_EVERY_S:
                told = now
                with suppress(StoreError):
                    write_json(stage.column.progress_path, {"operations": self._load.operations()})

    # -- the end ---------------------------------------------------------------------------------

    def finish(self) -> int:
        """End the load, collect its recording, stop the target, judge; return the exit code."""
        if self._finishing:
            self._finished.wait()
            return self.code
        self._finishing = True
        try:
            if self._starter is not None and self._starter is not gevent.getcurrent():
                self._starter.kill()  # it cleans up after itself
            self._collect()
            self._end_stage()
            self._judge()
        except Exception as error:
            self.fail(error)
        finally:
            self._finished.set()
        return self.code

    def _collect(self) -> None:
        try:
            missing = self._load.collect()
        except Exception as error:  # the target is to be stopped, and what there is judged, all the same
            self._note_failure("collect what the load recorded", error)
            return
        for text in missing:
            self._note(Doubt("load", text))
        if self._locust.own and self._stage is not None:
            note_routes(self._stage.column, tuple(self._book.routes))

    def _end_stage(self) -> None:
        if self._stage is None:
            return
        try:
            self._stage.end(self._load.load_workers)
        except Exception as error:
            self._note_failure("stop the target", error)

    def _note_failure(self, what: str, error: Exception) -> None:
        text = f"the harness failed to {what}: {type(error).__name__}: {error}"
        logger.error("crosstalk: %s", text)
        self._note(Doubt("harness", text, failed=True))

    @property
    def report_path(self) -> Path | None:
        """Where the report lies, if there is one."""
        return self._stage.run.report_path if self._stage is not None and self.report is not None else None

    def _judge(self) -> None:
        if self._stage is None:  # ended before it began
            self.code = EXIT_HARNESS_FAILED if self._failed else EXIT_CODES[Verdict.UNKNOWN]
            return
        if self._asked.settings.into:  # whoever asked for that judges the whole run
            self.code = EXIT_HARNESS_FAILED if self._failed else EXIT_CODES[Verdict.VALID]
            return
        self.report = judge_run(self._stage.run)
        self.code = self.report.exit_code

    def _note(self, doubt: Doubt) -> None:
        self._failed = self._failed or doubt.failed
        if self._stage is None:
            return
        if problem := note(self._stage.column.doubts_path, doubt):
            logger.error("crosstalk: %s", problem)
            self._failed = True
