"""What a run and its columns say of themselves: ``run.json`` and ``column.json``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .survey import RouteField, Skipped

#: Raised when a field changes its meaning; new fields do not raise it.
FORMAT = 1
#: A column, a load worker: names that become names of files.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class RunMeta:
    """``run.json``: what was asked for, and with what."""

    command: tuple[str, ...]
    seed: int
    columns: tuple[str, ...]  # the names of the columns, in the order they are run
    operations: int | None = None  # for each column
    duration_s: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    created_utc: str = ""  # ISO 8601
    run: str = ""  # its name when it was made: a folder may be renamed, its journals keep this one
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class RouteMeta:
    """A route of a user's application, as it was asked for."""

    label: str
    rule: str
    fields: tuple[RouteField, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnMeta:
    """``column.json``: how one column's target was hosted and loaded."""

    model: str  # "thread", "greenlet", "process"
    server: str  # "gthread", ...
    concurrency: int
    address: tuple[str, int]  # host and port of the target
    seed: int
    faults: tuple[str, ...] = ()
    yields: bool = True
    switch_interval_s: float = 1e-5
    target: str = ""
    target_python: str = ""
    inside: bool = True  # False: the target did not record (a black box)
    users: int = 0
    load_workers: int = 1
    started_utc: str = ""
    ended_utc: str = ""  # '' while it runs
    operations: int | None = None
    duration_s: float | None = None
    locust: bool = True
    black_box: bool = False  # a verdict without evidence from inside is accepted
    scenarios: tuple[str, ...] = ()  # the only ones that were sent; (): the whole mix
    guard: bool = True  # False: what leaves the app reaches the server, a nemesis
    app: bool = False  # a user's own application (--app), judged from outside
    contexts: str = ""  # the framework whose contexts are observed in it, such as "Flask 3.1.3"
    framework: str = ""  # whose router named its routes
    routes: tuple[RouteMeta, ...] = ()  # what was asked of it
    skipped: tuple[Skipped, ...] = ()  # what was not, and why
    shared: tuple[str, ...] = ()  # what was declared with --shared
    named: bool = True  # the worker model was asked for by its name
    reuse_app_context: bool = False  # True: context semantics of Flask up to 3.1, not a new one each time
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason not to trust a column, a line of ``doubts.jsonl``."""

    whose: str  # "target", "harness", "load" or "disk"
    text: str  # one sentence
    failed: bool = False  # the harness itself failed: exit 3
