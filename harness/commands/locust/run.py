"""`locust -f`: our part of it, hung into Locust's events when this module is imported.

Locust decides when a test starts and ends; this file says what that means. Measured in Locust 2.47,
and the reason for each line that looks odd:

- A listener that raises is logged and forgotten (exit 2 standalone, 0 with workers): ours catch.
- The web form's values arrive after ``init``: the target starts at ``test_start``.
- ``test_stopping`` comes while the master still reads messages; at ``quitting`` it no longer does
  (``runner.quit()`` has killed its listener): recordings are collected at ``test_stopping``.
- Zero requests, StopTest and a killed worker exit 0; a code set in a worker is lost: the code is set at
  ``quitting`` on the local or master runner, always, from what was recorded.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from typing import Any

import gevent
from locust import events
from locust.env import Environment
from locust.runners import STATE_INIT, LocalRunner, MasterRunner, WorkerRunner

from harness.commands.step_summary import add_step_summary
from harness.load.locust.guard import guard_web_ui
from harness.load.locust.isolation import IsolationUser
from harness.load.locust.local import LocalEnd
from harness.load.locust.master import MasterEnd
from harness.load.locust.options import Frozen, add_options, own_values
from harness.load.locust.side import SIDES
from harness.load.locust.user import ProbingUser
from harness.load.locust.worker import WorkerEnd
from harness.options.arguments import to_arguments
from harness.options.catalogue import gather_catalogue
from harness.options.table import LOCUST, Settings, UsageError, only_column, parse_settings
from harness.report.text import FINAL_WIDTH, render_text
from harness.stage.hosted import check_hosting
from harness.verdict import EXIT_CODES, EXIT_HARNESS_FAILED, Verdict
from harness.workers.failure import TargetError
from harness.workers.table import UnknownWorkersError

from .live import LiveView, add_tab
from .session import LoadEnd, Locust, Session
from .stage import Asked

__all__ = ["IsolationUser", "ProbingUser"]

logger = logging.getLogger(__name__)

#: From best to worst: a recorded violation outranks everything, a failed harness a mere doubt.
SEVERITY = (
    EXIT_CODES[Verdict.VALID],
    EXIT_CODES[Verdict.UNKNOWN],
    EXIT_HARNESS_FAILED,
    EXIT_CODES[Verdict.INVALID],
)
STARTED_S_MAX = 5.0
PARENT_EVERY_S = 0.5


class Conductor:
    """The local or master runner's part: one session after the other, and the exit code."""

    def __init__(self, environment: Environment, load: LoadEnd, live: LiveView | None = None) -> None:
        self._environment = environment
        self._live = live or LiveView()  # one that was not started shows nothing
        self._load = load
        self._options: argparse.Namespace = _options_of(environment)
        self._frozen = Frozen(self._options)
        self._catalogue = gather_catalogue()
        self._session: Session | None = None
        self._codes: list[int] = []

    def check_options(self) -> None:
        """Read the command line's options once, before anything starts.

        :raises UsageError: if one is wrong.
        :raises TargetError: if no target could be started with them.
        :raises UnknownWorkersError: if a target could not serve that many users.
        """
        settings = self._settings()
        if self._own:
            check_own(settings)
        if not self._environment.host:
            users = int(self._options.num_users or 1) if self._options.headless else 0
            check_hosting(settings, settings.columns(self._catalogue), users)

    def on_test_start(self) -> None:
        """Start a session; what goes wrong is recorded and ends the run."""
        self._end_session()
        session = None
        try:
            self._frozen.check(self._options)
            session = self._session = Session(self._asked(), self._load, self._locust())
            session.begin(self._live.watch)
        except Exception as error:
            self._on_failed_start(session, error)

    def on_test_stopping(self) -> None:
        """End the session while Locust's messages are still read."""
        self._end_session()

    def on_quitting(self) -> None:
        """Set the exit code: the worst of all sessions; without any, nothing was proved."""
        self._end_session()
        if not self._codes:
            logger.error("crosstalk: nothing was run, so there is no verdict")
        code = max(self._codes or [EXIT_CODES[Verdict.UNKNOWN]], key=SEVERITY.index)
        self._environment.process_exit_code = code
        self._live.end()

    def _on_failed_start(self, session: Session | None, error: Exception) -> None:
        if session is None:
            logger.error("crosstalk: %s", error)
            self._codes.append(EXIT_HARNESS_FAILED)
        else:
            session.fail(error)
        gevent.spawn(self._stop)

    def _end_session(self) -> None:
        session = self._session
        if session is None:
            return
        code = session.finish()
        if self._session is not session:
            return  # somebody else ended it meanwhile
        self._session = None
        self._codes.append(code)
        if session.report is not None:
            self._live.judged(session.report.verdict.word)
            if problem := add_step_summary(session.report):
                logger.error("crosstalk: %s", problem)
            logger.info("\n%s", render_text(session.report, FINAL_WIDTH, causes_max=1))
            logger.info("report: %s", session.report_path)

    def _locust(self) -> Locust:
        runner: Any = self._environment.runner
        headless = bool(self._options.headless)
        return Locust(self._stop, lambda: int(runner.user_count), headless, own=self._own)

    @property
    def _own(self) -> bool:
        """Whether the locustfile is the user's own: its users send what it says."""
        return any(issubclass(each, IsolationUser) for each in self._environment.user_classes)

    def _settings(self) -> Settings:
        settings = parse_settings(own_values(self._options), self._catalogue)
        return only_column(settings, self._catalogue)

    def _asked(self) -> Asked:
        settings = self._settings()
        return Asked(
            settings=settings,
            users=int(self._options.num_users or 1),
            host=(self._environment.host or "").strip(),
            command=self._command(settings),
        )

    def _command(self, settings: Settings) -> tuple[str, ...]:
        """Return the command as it was typed; after a start in the web interface, one that does the same."""
        if self._options.headless:
            return ("locust", *sys.argv[1:])
        options = self._options
        users = [f"--users={options.num_users or 1}", f"--spawn-rate={options.spawn_rate or 1:g}"]
        if options.run_time:
            users.append(f"--run-time={options.run_time}")
        start = ("locust", "-f", str(options.locustfile), "--headless")
        return (*start, *users, *to_arguments(settings, LOCUST))

    def _stop(self) -> None:
        """End the test as Locust would: quit without a web interface, stop with one."""
        runner: Any = self._environment.runner
        options = self._options
        deadline = time.monotonic() + STARTED_S_MAX
        while isinstance(runner, MasterRunner) and runner.state == STATE_INIT and time.monotonic() < deadline:
            gevent.sleep(0.05)  # a master that has not begun to spawn ignores stop()
        if options.headless:
            runner.quit()
            return
        runner.stop()
        if options.autostart and options.autoquit != -1:
            gevent.sleep(options.autoquit)
            runner.quit()
            web_ui: Any = self._environment.web_ui
            if web_ui is not None:
                web_ui.stop()


def check_own(settings: Settings) -> None:
    """Refuse options that make no sense with a locustfile of the user's own.

    :raises UsageError: in one line.
    """
    if not settings.app.name:
        raise UsageError("your locustfile asks an app of yours: name it with --app MODULE:APP")
    for name, given in (("urls", settings.app.urls), ("exclude", settings.app.exclude)):
        if given:
            raise UsageError(f"your locustfile says what is asked for: leave out --{name}")


def _options_of(environment: Environment) -> argparse.Namespace:
    if environment.parsed_options is None:
        raise UsageError("Locust runs as a library here: start it with `locust -f`")
    options: argparse.Namespace = environment.parsed_options
    return options


def conduct(environment: Environment, web_ui: Any) -> None:
    """Hang the local or master runner's part into Locust's events; exit 3 for wrong options."""
    runner = environment.runner
    load: LoadEnd = MasterEnd(runner) if isinstance(runner, MasterRunner) else LocalEnd()
    live = LiveView()
    try:
        conductor = Conductor(environment, load, live)
        conductor.check_options()
    except (UsageError, TargetError, UnknownWorkersError) as error:
        logger.error("crosstalk: %s", error)  # noqa: TRY400 - a person's mistake needs no traceback
        sys.exit(EXIT_HARNESS_FAILED)
    if web_ui is not None:
        guard_web_ui(web_ui)
        live.start()
        add_tab(web_ui, live)
    hooks: Any = environment.events
    hooks.test_start.add_listener(lambda **_: conductor.on_test_start())
    hooks.test_stopping.add_listener(lambda **_: conductor.on_test_stopping())
    hooks.quitting.add_listener(lambda **_: conductor.on_quitting())


def work(environment: Environment, runner: WorkerRunner) -> None:
    """Hang a Locust worker's part into Locust's events."""
    end = WorkerEnd(runner)
    if environment.parsed_options is not None and environment.parsed_options.processes:
        gevent.spawn(_end_with_parent, end, os.getppid())

    def on_quitting(**_: Any) -> None:
        end.finish()
        # Its own failures of Locust's counting are no news; whether its recording arrived is.
        environment.process_exit_code = 0 if end.delivered else EXIT_HARNESS_FAILED

    hooks: Any = environment.events
    hooks.test_start.add_listener(lambda **_: end.start())
    hooks.test_stopping.add_listener(lambda **_: end.begin_end())
    hooks.quitting.add_listener(on_quitting)
    end.start()


def _end_with_parent(end: WorkerEnd, parent: int) -> None:
    """End this forked worker once the process that forked it is gone: Locust would wait a minute for it."""
    while os.getppid() == parent:
        gevent.sleep(PARENT_EVERY_S)
    end.abandon()
    os._exit(EXIT_HARNESS_FAILED)


def ask_to_end() -> None:
    """Take the first Ctrl-C to where Locust waits, and quit at the second.

    Python would raise KeyboardInterrupt in whichever user happens to run, tear its operation apart
    and print where.
    """
    hub: Any = gevent.get_hub()

    def on_interrupt() -> None:
        gevent.signal_handler(signal.SIGINT, os._exit, EXIT_HARNESS_FAILED)
        hub.handle_system_error(KeyboardInterrupt, KeyboardInterrupt())

    gevent.signal_handler(signal.SIGINT, on_interrupt)


def on_init(environment: Environment, runner: Any, web_ui: Any, **_: Any) -> None:
    """Take this process's part: worker, or local or master runner."""
    ask_to_end()
    if isinstance(runner, WorkerRunner):
        work(environment, runner)
    elif isinstance(runner, LocalRunner | MasterRunner):
        conduct(environment, web_ui)


def on_spawning_complete(**_: Any) -> None:
    """Let the cold-start burst go: every user is there."""
    if SIDES.current is not None:
        SIDES.current.open_gate()


def install(hooks: Any) -> None:
    """Hang our part into Locust's events; done once, as the locustfile imports this module."""
    hooks.init_command_line_parser.add_listener(add_options)
    hooks.init.add_listener(on_init)
    hooks.spawning_complete.add_listener(on_spawning_complete)


install(events)
