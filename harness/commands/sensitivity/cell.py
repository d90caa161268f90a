"""One cell of the matrix: a target with one fault, loaded under one worker model, judged, compared.

Every cell takes the same first operations, so that what the naive checks find can be compared; one that
has to be found goes on until every law that must be broken is, or it has had its share and counts as missed.
One that has to stay silent goes on until there is evidence enough for silence. With ``first`` a cell ends at
its first violation instead.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from harness.options.catalogue import gather_catalogue
from harness.options.table import Settings, parse_settings
from harness.report.data import ColumnReport
from harness.sensitivity.expectation import COLUMNS, Expectation
from harness.sensitivity.matrix import raised
from harness.sensitivity.naive import Invocations, Naive, own_user, status_only
from harness.sensitivity.outcome import RIGHT, Outcome, first_ns
from harness.sensitivity.witnesses import find_flaws
from harness.stage.hosted import make_run
from harness.store.files import StoreError
from harness.store.runs import Column, Run
from harness.verdict import Result, Verdict
from harness.workers.failure import TargetError
from harness.workload.mix import whole_mix

from .loading import Load, load_and_judge, read_batches

#: Laws that are judged when the target has stopped.
AT_THE_END = frozenset({"I10"})
#: What a faulty target does to these is no news; a silent one needs them at its end.
_WHILE_LOADED = frozenset({"ACCOUNTING"})
#: How many times its operations a cell may take before what was not found counts as missed.
WAVES_MAX = 4
#: Short: a request that a fault lets hang is waited for.
TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Task:
    """What one cell is to be; plain data, for another process."""

    expected: Expectation
    column: str
    seed: int
    operations: int
    folder: str  # where its run is made
    first: bool = False  # end at the first violation
    keep: bool = False  # keep the run of a cell that is not right


def run_cell(task: Task) -> Outcome:
    """Return what the cell came to; what goes wrong in the harness is a problem of the outcome."""
    started_s = time.monotonic()
    outcome = Outcome(task.expected, task.column, task.seed)
    run: Run | None = None
    try:
        settings = _settings(task)
        name = "-".join(COLUMNS[task.column])
        run = make_run(settings, (name,), ("crosstalk", "sensitivity"))
        outcome = _judged(task, settings, run, run.column(name), outcome)
    except (TargetError, StoreError, OSError) as error:
        outcome = replace(outcome, problems=(str(error),))
    except BaseExceptionGroup as error:
        outcome = replace(outcome, problems=tuple(str(one) for one in error.exceptions))
    outcome = replace(outcome, seconds=time.monotonic() - started_s)
    if run is None:
        return outcome
    if task.keep and (outcome.word not in RIGHT or outcome.flaws):
        return replace(outcome, evidence=str(run.path))
    shutil.rmtree(run.path, ignore_errors=True)
    return outcome


def _settings(task: Task) -> Settings:
    model, server = COLUMNS[task.column]
    values = {
        "worker_model": model,
        "server": server,
        "faults": task.expected.fault,
        "operations": str(task.operations),
        "seed": str(task.seed),
        "timeout_s": str(TIMEOUT_S),
        "reports": task.folder,
    }
    return parse_settings(values, gather_catalogue())


def _judged(task: Task, settings: Settings, run: Run, column: Column, outcome: Outcome) -> Outcome:
    expected = task.expected
    quiet = not expected.must
    early = task.first and bool(expected.must) and not expected.must & AT_THE_END
    load = Load(
        settings,
        task.operations,
        WAVES_MAX,
        lambda report: enough(expected, report.results) and not (quiet and unreached(task, report)),
        ends_early=early,
        wanted=expected.scenarios,
    )
    report, failed = load_and_judge(run, column, load)
    invocations, status, user = Invocations(), Naive(status_only), Naive(own_user)
    for batch in read_batches(column, run):
        invocations.feed(batch)
        status.feed(batch)
        user.feed(batch)
    violations = [violation for result in report.results for violation in result.violations]
    return replace(
        outcome,
        operations=invocations.operations,
        found=raised(report.results),
        first=invocations.until(first_ns(violations)),
        status_first=invocations.until(status.first_ns),
        user_first=invocations.until(user.first_ns),
        status_failed=status.failed,
        user_failed=user.failed,
        flaws=find_flaws(violations),
        problems=_problems(task, report, failed=failed),
    )


def enough(expected: Expectation, results: Iterable[Result]) -> bool:
    """Whether another wave would add nothing: all that must be raised is, or silence is proved."""
    results = tuple(results)
    if expected.must:
        return expected.must - AT_THE_END <= raised(results)
    return not any(
        result.verdict is Verdict.UNKNOWN for result in results if result.invariant not in _WHILE_LOADED
    )


def unreached(task: Task, report: ColumnReport) -> tuple[str, ...]:
    """Return the scenarios of a cell's mix that no operation of was answered."""
    model, _ = COLUMNS[task.column]
    answered = {one.scenario for one in report.measures.scenarios if one.ok}
    mix = dict.fromkeys((*whole_mix(model), *task.expected.scenarios))
    return tuple(name for name in mix if name not in answered)


def _problems(task: Task, report: ColumnReport, *, failed: bool) -> tuple[str, ...]:
    """Return why the harness can't say: it failed, or silence is no proof here."""
    doubts = [doubt for result in report.results for doubt in result.doubts]
    if failed:
        return tuple(dict.fromkeys((*report.facts.doubts, *doubts)))
    if task.expected.must or raised(report.results):
        return ()
    never = [f"no operation of {name} was answered" for name in unreached(task, report)]
    return tuple(dict.fromkeys((*doubts, *never)))
