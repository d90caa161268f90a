"""`crosstalk serve`: host the target until somebody asks to stop; whoever loads it finds its run.

`locust -f locustfiles/isolation.py --host http://...` against it records into its run's folder, so
that both sides' evidence is judged together, then and at the end.
"""

from __future__ import annotations

from pathlib import Path

from harness.options.table import Settings
from harness.pipeline import judge_run
from harness.stage.hosted import bind_warning, failure_of, host_column, make_run, note
from harness.store.runs import Column, Run
from harness.verdict import EXIT_CODES, EXIT_HARNESS_FAILED, Verdict

from .interrupts import Interrupts, QuitError
from .run import conclude, shown_path
from .terminal import Terminal

LOOK_EVERY_S = 0.2


def execute(settings: Settings, command: tuple[str, ...], terminal: Terminal) -> int:
    """Serve one column until Ctrl-C or SIGTERM, then judge what was recorded; return the exit code.

    :raises StoreError: if the run's folder can't be made.
    :raises TargetError: if the target can't start.
    """
    name = f"{settings.worker_model[0]}-{settings.server[0]}"
    run = make_run(settings, (name,), command)
    column = run.column(name)
    if warning := bind_warning(settings):
        terminal.complain(warning)
    try:
        with Interrupts() as interrupts:
            _serve(settings, run, column, interrupts, terminal)
            if not column.client_journals():
                terminal.complain(f"nobody sent an operation with a recording to {run.name}: no verdict")
                return EXIT_CODES[Verdict.UNKNOWN]
            return conclude(run, judge_run(run), terminal)
    except QuitError:
        terminal.complain("quit at the second Ctrl-C: there is no verdict")
        return EXIT_HARNESS_FAILED


def _serve(settings: Settings, run: Run, column: Column, interrupts: Interrupts, terminal: Terminal) -> None:
    """Host the target until somebody asks to stop, or it ends by itself."""
    try:
        hosted = host_column(settings, run, column, users=0, locust=True)
    except Exception as error:
        note(column.doubts_path, failure_of(error))
        raise
    try:
        url = hosted.target.url
        terminal.say(f"{url} serves {column.name}, run {run.name}")
        terminal.say(f"load it:  locust -f {shown_path(_locustfile())} --host {url}")
        terminal.say("Ctrl-C stops it and judges what was recorded")
        while not interrupts.asked and not hosted.target.wait(LOOK_EVERY_S):
            pass
        hosted.stop()
    finally:
        hosted.target.kill()  # nothing to do unless we left early
        column.forget_sessions()


def _locustfile() -> Path:
    from .loading import LOCUSTFILE

    repository = LOCUSTFILE.parents[1] / "locustfiles" / "isolation.py"
    return repository if repository.exists() else LOCUSTFILE
