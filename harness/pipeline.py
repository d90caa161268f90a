"""THE idea: plan -> load -> history -> check -> verdict -> report.

Jepsen's ``core.clj run!`` says a whole test in one function; :func:`run_pipeline` does so here.
Locust, which calls us and is not called, goes the same way: its start is the first two steps, its end
:func:`judge_run`, which `crosstalk check` also is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from harness.options.table import Settings
from harness.stage.hosted import make_run
from harness.store.files import StoreError, write_text
from harness.store.metadata import Doubt
from harness.store.runs import Column, Run, read_doubts

from . import records
from .bookshelf import write_index
from .checkers.judge import Judging
from .checkers.table import checkers_for
from .column_files import read_details, read_names, read_places, read_resources
from .history.collect import read_history
from .history.exercise import Exercising
from .history.measures import Measuring
from .history.stories import gather_stories
from .report.as_json import render_brief, render_json
from .report.causes import shown_operations
from .report.data import ColumnReport, RunReport
from .report.junit import render_junit
from .report.page import render_page
from .report.text import render_text
from .verdict import EXIT_CODES, EXIT_HARNESS_FAILED, Result, Verdict, merge_results, merge_verdicts

Load = Callable[[Run, Column], None]


def run_pipeline(
    settings: Settings, columns: Sequence[str], command: Sequence[str], load: Load
) -> tuple[Run, RunReport]:
    """Do the whole job; return the run, and what its report says.

    1. *plan*: what is to be run, with which seed, is written down before anything starts.
    2. *load*: each column's target is started, hammered and stopped by *load*, which leaves journals
       of both sides, and every reason to doubt them, in the column's folder.
    3. *history*: the journals are opened and become batches of columns; nothing else is evidence.
    4. *check*: every checker folds over the batches and says what it found, with witnesses.
    5. *verdict*: the greatest of theirs; a doubt of anybody's makes it unknown at least.
    6. *report*: the same data as JSON, page and text, written into the run's folder.

    :raises StoreError: if the run's folder can't be made.
    """
    run = make_run(settings, columns, command)  # plan
    for column in run.columns():
        load(run, column)  # load
    return run, judge_run(run)  # history, check, verdict, report


def judge_run(run: Run) -> RunReport:
    """Judge what a run recorded and write its verdict and reports; steps 3 to 6.

    Imports nothing that the run names, so a run of anybody's can be judged. An earlier verdict is
    removed first, so that none outlives a judging that fails. A column that can't be judged is a doubt
    of the run, and so is a report that can't be written: without ``verdict.json`` nothing is valid.

    :raises StoreError: if the folder is no run of ours.
    """
    meta = run.read_meta()
    own = _forget_verdict(run)
    columns, failed = [], False
    for column in run.columns():
        if not column.meta_path.exists():
            own.append(Doubt("harness", f"column {column.name} was not run"))
            continue
        try:
            judged, column_failed = judge_column(column, meta.run or run.name)  # history, check
        except StoreError as error:  # the others may hold a violation all the same
            own.append(Doubt("disk", f"column {column.name} can't be judged: {error}", failed=True))
            continue
        columns.append(judged)
        failed = failed or column_failed
    own += read_doubts(run.doubts_path)
    doubts = [doubt.text for doubt in own]
    failed = failed or any(doubt.failed for doubt in own)
    report = RunReport(  # verdict
        run=run.name,
        meta=records.to_json(meta),
        verdict=_merge(columns, doubts),
        exit_code=0,
        columns=tuple(columns),
        doubts=tuple(doubts),
    )
    report = replace(report, exit_code=exit_code(report.verdict, failed=failed))
    return publish(run, report)  # report


def judge_column(column: Column, run_id: str) -> tuple[ColumnReport, bool]:
    """Return what the journals of a column prove, and whether the harness failed there.

    :param run_id: the run that the journals have to belong to.
    :raises StoreError: if the column is none of ours.
    """
    meta = records.to_json(column.read_meta())
    doubts = read_doubts(column.doubts_path)
    paths = [*column.client_journals(), *column.server_journals()]
    names = read_names(column.names_files())
    history = read_history(paths, meta, [doubt.text for doubt in doubts], run_id, names=names)
    judging = Judging(checkers_for(app=history.facts.app))
    measuring, exercising = Measuring(), Exercising()
    for batch in history.batches():
        judging.feed(batch)
        measuring.feed(batch)
        exercising.feed(batch)
    results = judging.finish(history.facts)
    report = ColumnReport(
        name=column.name,
        meta={**meta, "hosts": len({journal.header.host for journal in history.journals})},
        facts=history.facts,
        verdict=merge_results(results),
        results=results,
        measures=measuring.finish(),
        resources=read_resources(column.resources_path),
        cut_off=tuple(sorted({op for result in results for op in result.cut_off})),
        details=read_details(column.details_files(), _named(results)),
        exercise=exercising.finish(),
        places=read_places(column.places_files()),
        stories=gather_stories(history.batches(), shown_operations(results)),
    )
    return report, any(doubt.failed for doubt in doubts)


def exit_code(verdict: Verdict, *, failed: bool) -> int:
    """Return the exit code: a recorded violation outranks a harness that failed."""
    if failed and verdict is not Verdict.INVALID:
        return EXIT_HARNESS_FAILED
    return EXIT_CODES[verdict]


def publish(run: Run, report: RunReport) -> RunReport:
    """Write the report's files, ``verdict.json`` last; return the report, doubted if that failed."""
    try:
        write_text(run.report_path, render_page(report))
        write_text(run.summary_path, render_text(report))
        write_text(run.junit_path, render_junit(report))
        write_text(run.brief_path, render_brief(report))
        write_text(run.verdict_path, render_json(report))
    except StoreError as error:
        verdict = merge_verdicts([report.verdict, Verdict.UNKNOWN])
        code = max(report.exit_code, EXIT_CODES[verdict]) if verdict is Verdict.UNKNOWN else report.exit_code
        doubts = (*report.doubts, f"the report is not complete: {error}")
        return replace(report, verdict=verdict, exit_code=code, doubts=doubts)
    with suppress(StoreError):  # a list of runs is a comfort: this run is judged all the same
        write_index(run.path.parent)
    return report


def _forget_verdict(run: Run) -> list[Doubt]:
    try:
        run.forget_verdict()
    except StoreError as error:
        return [Doubt("disk", str(error))]
    return []


def _merge(columns: Iterable[ColumnReport], doubts: Sequence[str]) -> Verdict:
    verdicts = [column.verdict for column in columns]
    return merge_verdicts([*verdicts, Verdict.UNKNOWN] if doubts else verdicts)


def _named(results: Iterable[Result]) -> set[int]:
    return {op for result in results for violation in result.violations for op in violation.operations}
