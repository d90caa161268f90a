"""What a load asks of a user's own application: its surveyed routes or a file's requests, as a plan.

What is kept of it in ``column.json`` is what was asked, what was not, and why.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from harness import records
from harness.load.visiting import Visiting
from harness.options.table import Settings, UsageError
from harness.store.files import StoreError, read_json
from harness.store.metadata import ColumnMeta, RouteMeta
from harness.store.runs import Column
from harness.store.survey import RoutePlan, Survey
from harness.workers.failure import TargetError
from harness.workload.routes import RequestsError, UnmatchedError, plan_routes, read_requests


def app_warning(settings: Settings) -> str:
    """Return what to say before a user's own application is loaded, '' if none is."""
    if not settings.app.name:
        return ""
    return (
        f"--app {settings.app.name} runs as it is configured, on its real database and services: "
        "give it a copy of them"
    )


def read_urls(settings: Settings) -> RoutePlan | None:
    """Return what the file of requests names; None if there is none.

    :raises UsageError: if it can't be read.
    """
    name = settings.app.urls
    if not name:
        return None
    try:
        return read_requests(Path(name).read_text(encoding="utf-8"), settings.app.exclude)
    except OSError as error:
        raise UsageError(f"--urls {name}: {error.strerror or error}") from error
    except UnmatchedError as error:
        raise UsageError(f"--exclude: {error}") from error
    except (RequestsError, UnicodeDecodeError) as error:
        raise UsageError(f"--urls {name}: {error}") from error


def plan_visits(settings: Settings, column: Column) -> Visiting:
    """Return what to ask of the application that serves in *column*, and note it in ``column.json``.

    :raises TargetError: if there is nothing to ask for.
    :raises UsageError: if the file of requests can't be read, or a pattern leaves nothing out.
    :raises StoreError: if what the application said can't be read, or the column can't be written.
    """
    survey = _read_survey(column)
    try:
        plan = read_urls(settings) or plan_routes(survey, settings.app.methods, settings.app.exclude)
    except UnmatchedError as error:
        raise UsageError(f"--exclude: {error}") from error
    column.write_meta(_noted(column.read_meta(), survey, plan))
    if not plan.routes:
        why = "; ".join(f"{each.rule}: {each.why}" for each in plan.skipped[:3])
        raise TargetError(
            f"--app {settings.app.name} names no route to ask for{f' ({why})' if why else ''}: list "
            "requests in a file, one to a line, and give it with --urls"
        )
    return Visiting(plan, settings.app.headers)


def note_routes(column: Column, routes: tuple[RouteMeta, ...]) -> None:
    """Note in ``column.json`` what a locustfile of the user's own asked for; no numbered route is left out.

    :raises StoreError: if the column can't be read or written.
    """
    survey = _read_survey(column)
    column.write_meta(dataclasses.replace(column.read_meta(), framework=survey.framework, routes=routes))


def _read_survey(column: Column) -> Survey:
    if not column.routes_path.exists():
        return Survey("")
    try:
        return records.from_json(Survey, read_json(column.routes_path), column.routes_path.name)
    except records.RecordError as error:
        raise StoreError(f"{column.routes_path} is none of ours: {error}") from error


def _noted(meta: ColumnMeta, survey: Survey, plan: RoutePlan) -> ColumnMeta:
    routes = tuple(RouteMeta(route.label, route.rule, route.fields) for route in plan.routes)
    return dataclasses.replace(meta, framework=survey.framework, routes=routes, skipped=plan.skipped)
