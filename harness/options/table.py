"""What can be asked for: one table of options for `locust -f`, `crosstalk run` and `crosstalk serve`.

The rule this file guards: **a value is text until :func:`parse_settings` has read it.** The command
line, a configuration file and Locust's web form all hand over text, so one function validates them
all, and validates the form's again when a test starts. An option whose ``form`` is False names code,
a path, an interpreter or a limit of safety, and can be set on the command line only.
"""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .apps import AppSettings, parse_app
from .reading import UsageError, choices_of, one_line, whole_of
from .rows import BY_DEST, LOCUST, MODELS, OPTIONS, REFERENCE, RUN, SERVE, Option

__all__ = [
    "ALL",
    "BY_DEST",
    "LOCUST",
    "MODELS",
    "OPTIONS",
    "REFERENCE",
    "RUN",
    "SERVE",
    "AppSettings",
    "Catalogue",
    "Option",
    "Settings",
    "UsageError",
    "check_processes",
    "defaults",
    "only_column",
    "parse_settings",
]

#: Asks for every server of a model, in ``--server``.
ALL = "all"


#: Of Locust, in one run: a process takes 20 MB and more, and Locust forks them before anybody can look.
PROCESSES_MAX = 64


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What there is to choose from."""

    servers: Mapping[str, Sequence[str]]  # model -> its servers, the default first
    faults: Callable[[], Collection[str]] = tuple  # of the reference target; asked only if one is named
    scenarios: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one run, read and validated; ``None`` where a default is decided later."""

    worker_model: tuple[str, ...]
    server: tuple[str, ...]  # empty: the default server of each model
    concurrency: int | None
    faults: tuple[str, ...]
    scenarios: tuple[str, ...]  # empty: the whole mix
    operations: int | None
    duration_s: float | None
    seed: int
    yields: bool
    switch_interval_s: float
    timeout_s: float
    drain_timeout_s: float
    reports: str
    target: str
    target_python: str
    disk_max_mb: int
    bind: str
    port: int
    black_box: bool
    unguarded: bool
    reuse_app_context: bool
    into: str
    app: AppSettings
    start_timeout_s: float
    any_model: bool  # the worker model was not asked for by its name

    def columns(self, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
        """Return the (model, server) pairs asked for, in the table's order.

        :raises UsageError: if a server fits none of the models.
        """
        pairs: list[tuple[str, str]] = []
        for model in self.worker_model:
            known = catalogue.servers[model]
            chosen = known if ALL in self.server else [name for name in known if name in self.server]
            pairs += [(model, name) for name in chosen or ([] if self.server else known[:1])]
        reachable = {name for model in self.worker_model for name in catalogue.servers[model]}
        for name in self.server:
            if name != ALL and name not in reachable:
                raise UsageError(
                    f"--server: {name!r} hosts no {' or '.join(self.worker_model)} workers; "
                    f"choose from {', '.join(sorted(reachable))}"
                )
        missing = [model for model in self.worker_model if model not in {pair[0] for pair in pairs}]
        # A server named for one model says nothing about the others: they keep their default.
        pairs += [(model, catalogue.servers[model][0]) for model in missing]
        return tuple(sorted(pairs, key=lambda pair: MODELS.index(pair[0])))


def defaults() -> dict[str, Any]:
    """Return every option's default by its ``dest``, as text (flags: False)."""
    return {option.dest: False if option.flag else option.default for option in OPTIONS}


def parse_settings(values: Mapping[str, Any], catalogue: Catalogue) -> Settings:
    """Read *values* (text by ``dest``; what is missing, None or '' takes its default).

    :raises UsageError: if one of them can't be read or names something that isn't there.
    """
    text = {name: _text(values.get(name), default) for name, default in defaults().items()}
    settings = Settings(
        worker_model=choices_of("--worker-model", text["worker_model"] or "thread", MODELS),
        server=_server_names(text["server"], catalogue),
        concurrency=whole_of("--concurrency", text["concurrency"], 1, 4096),
        faults=_faults(text["faults"], text["target"], catalogue),
        scenarios=_scenarios(text["scenarios"], text["without"], sorted(catalogue.scenarios)),
        operations=whole_of("--operations", text["operations"], 1, 10**9),
        duration_s=_seconds("--duration", text["duration"], 0.1, 7 * 86400),
        seed=_seed(text["seed"]),
        yields=text["no_yields"] != "true",
        switch_interval_s=_seconds("--switch-interval-s", text["switch_interval_s"], 1e-6, 10) or 1e-5,
        timeout_s=_seconds("--timeout-s", text["timeout_s"], 0.1, 3600) or 10.0,
        drain_timeout_s=_seconds("--drain-timeout-s", text["drain_timeout_s"], 0.1, 3600) or 10.0,
        reports=one_line("--reports", text["reports"]),
        target=_target(text["target"]),
        target_python=one_line("--target-python", text["target_python"] or sys.executable),
        disk_max_mb=whole_of("--disk-max-mb", text["disk_max_mb"], 1, 1 << 20) or 1,
        bind=one_line("--bind", text["bind"]),
        port=whole_of("--port", text["port"], 0, 65535) or 0,
        black_box=text["black_box"] == "true",
        unguarded=text["unguarded"] == "true",
        reuse_app_context=text["reuse_app_context"] == "true",
        into=one_line("--into", text["into"]),
        app=parse_app(text, REFERENCE),
        start_timeout_s=_seconds("--start-timeout-s", text["start_timeout_s"], 1, 3600) or 30.0,
        any_model=text["any_model"] == "true",
    )
    if settings.operations is not None and settings.duration_s is not None:
        raise UsageError("--operations and --duration both say when to end: give one of them")
    settings.columns(catalogue)
    return settings


def check_processes(text: str) -> int:
    """Return how many processes of Locust are to send operations; -1 is one for each core.

    :raises UsageError: if it is no number that makes sense.
    """
    most = max(PROCESSES_MAX, os.cpu_count() or 1)
    if text.strip() == "-1":
        return -1
    if not re.fullmatch(r"[0-9]{1,9}", text.strip()) or not 1 <= int(text) <= most:
        raise UsageError(f"--processes: {text!r} is no whole number from 1 to {most}")
    return int(text)


def only_column(settings: Settings, catalogue: Catalogue) -> Settings:
    """Return *settings* for exactly one column, its server named.

    :raises UsageError: if they ask for several.
    """
    pairs = settings.columns(catalogue)
    if len(pairs) != 1:
        raise UsageError(
            "one target runs one column: give one --worker-model and one --server "
            "(`crosstalk run` takes several)"
        )
    return replace(settings, worker_model=(pairs[0][0],), server=(pairs[0][1],))


def _text(value: Any, default: Any) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        value = default
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(str(item) for item in value)
    return str(value).strip()


def _seconds(name: str, text: str, low: float, high: float) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text.removesuffix("s"))
    except ValueError:
        seconds = float("nan")
    if not low <= seconds <= high:
        raise UsageError(f"{name}: {text!r} is no number of seconds from {low:g} to {high:g}")
    return seconds


def _seed(text: str) -> int:
    seed = whole_of("--seed", text, 0, (1 << 32) - 1)
    return random.SystemRandom().getrandbits(32) if seed is None else seed


def _scenarios(only: str, without: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return what is to be sent, () for the whole mix."""
    chosen = choices_of("--scenarios", only, known)
    left_out = choices_of("--without", without, known)
    if not left_out:
        return chosen
    left = tuple(name for name in chosen or known if name not in left_out)
    if not left:
        raise UsageError("--without leaves no scenario to send: leave out fewer")
    return left


def _faults(text: str, target: str, catalogue: Catalogue) -> tuple[str, ...]:
    if not text:
        return ()
    # Another target is asked when it is loaded.
    known = sorted(catalogue.faults()) if target == REFERENCE else text.split(",")
    return choices_of("--faults", text, [name.strip() for name in known])


def _server_names(text: str, catalogue: Catalogue) -> tuple[str, ...]:
    known = sorted({server for servers in catalogue.servers.values() for server in servers})
    return choices_of("--server", text, [*known, ALL])


def _target(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*", text):
        raise UsageError(f"--target: {text!r} names no application; write MODULE:NAME")
    return text
