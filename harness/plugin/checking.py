"""One check of one application, in this process: the same history, checkers and verdict as ``crosstalk run``.

1. the application is wrapped: the outermost wrapper, an observer, the watch for what requests leave;
2. its routes are planned, as ``--app`` plans them;
3. clients with canaries and cookies of their own are served by threads or greenlets of a pool;
4. all is quiet: the heap is searched, the journals are closed;
5. the journals of both sides are read back and judged.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.blackbox.carrying import FLOAT_WORKERS, caller_of
from harness.checkers.judge import Judging
from harness.checkers.sent import published_slots
from harness.checkers.table import checkers_for
from harness.history.canary import CanaryKind, make_canary
from harness.history.collect import read_history, routes_of
from harness.history.facts import Earlier
from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.inside.apploading import load_app
from harness.inside.body import Recorder as Recording
from harness.inside.interleaving import Interleaving
from harness.inside.locality import Locality
from harness.inside.observer import Observer
from harness.inside.of_flask.installing import Observed, observe_flask
from harness.inside.residue.watch import Watch, Watched
from harness.inside.routes.finding import survey_app
from harness.inside.visitors import NO_CONTEXTS, Visitors
from harness.inside.wrapper import Wrapper
from harness.inside.yields import make_pause
from harness.load.recording import Recorder
from harness.load.visitor import Identity
from harness.store.survey import RoutePlan
from harness.target import LoadError, WSGIApplication, contexts_here
from harness.verdict import Result
from harness.workers.spec import DEFAULT_SWITCH_INTERVAL_S
from harness.workload.routes import RequestsError, UnmatchedError, plan_routes, read_requests

from .asking import Asked, AskedWrongError, Checked
from .callers import TIMEOUT_S, CallingCaller, HttpCaller
from .driving import drive, switching_every
from .journals import RUN, open_journal
from .logs import let_go_of_tracebacks
from .serving import serving
from .telling import tell
from .wording import in_a_test

#: More load workers than this are taken for digits of something else (:mod:`harness.blackbox.searching`).
_WORKERS = 256
#: Of them, the first few are for checks with floats, which have no room for others.
_checks_with_floats = itertools.cycle(range(FLOAT_WORKERS))
_checks_without = itertools.cycle(range(FLOAT_WORKERS, _WORKERS))
#: What earlier checks of this process may have sent, by caller: an application may hold it still.
_earlier: dict[int, Earlier] = {}


@dataclass(frozen=True, slots=True)
class _Stage:
    """The application, wrapped, and what watches it."""

    app: WSGIApplication
    wsgi: WSGIApplication
    observer: Observer
    watch: Watch
    observed: Observed


def check(app: WSGIApplication | str, asked: Asked, folder: Path) -> Checked:
    """Check *app*, or the application of that name, with journals in the empty *folder*.

    :raises AskedWrongError: if there is nothing to ask for, or what is asked for can't be done.
    """
    asked.verify()
    server_dir, client_dir = folder / "server", folder / "client"
    server_dir.mkdir(parents=True)
    client_dir.mkdir(parents=True)
    with _staged(app, asked, server_dir) as stage:
        plan = plan_for(stage.app, asked)
        worker = _draw_worker(plan)
        for caller in _callers(worker, asked):
            _earlier.pop(caller, None)
        journal = open_journal(client_dir / "0.journal", Side.CLIENT, asked.operations)
        try:
            _load(stage.wsgi, asked, plan, journal, worker)
        finally:
            journal.close()
        let_go_of_tracebacks()
        # The clients are gone: what holds a canary now is the application's.
        stage.observer.close()
    results = judge(asked, plan, folder, stage.watch.names.as_dict(), stage.observed)
    published = published_slots(routes_of({"routes": _routes(plan)}), asked.shared)
    for caller in _callers(worker, asked):
        _earlier[caller] = Earlier(caller, asked.operations, published)
    return tell(asked, plan, results)


def _draw_worker(plan: RoutePlan) -> int:
    """Return a load worker's number: what an earlier check left in this process is not this one's."""
    floats = any(field.kind == "float" for route in plan.routes for field in route.fields)
    return next(_checks_with_floats if floats else _checks_without)


def plan_for(app: WSGIApplication, asked: Asked) -> RoutePlan:
    """Return what to ask of *app*.

    :raises AskedWrongError: if that is nothing.
    """
    try:
        if asked.urls:
            return read_requests("\n".join(asked.urls), asked.exclude)
        plan = plan_routes(survey_app(app), asked.methods, asked.exclude)
    except UnmatchedError as error:
        raise AskedWrongError(f"exclude: {error}") from None
    except RequestsError as error:
        raise AskedWrongError(f"urls: {error}") from None
    if not plan.routes:
        why = "; ".join(f"{each.rule}: {each.why}" for each in plan.skipped[:3])
        raise AskedWrongError(
            f"no route to ask for was found in {type(app).__name__}{f' ({why})' if why else ''}: name some, "
            "as in urls=['GET /search?q={canary}']"
        )
    return plan


@contextlib.contextmanager
def _staged(app: WSGIApplication | str, asked: Asked, server_dir: Path) -> Iterator[_Stage]:
    """Wrap *app* for the length of a block."""
    locality = Locality(greenlets=asked.worker_model == "greenlet")
    numbers = itertools.count(1)

    def open_next() -> JournalWriter:
        path = server_dir / f"{os.getpid()}-{next(numbers)}.journal"
        return open_journal(path, Side.SERVER, asked.operations)

    observer = Observer(open_next, NO_CONTEXTS, None, locality)
    interleaving = Interleaving(asked.seed, make_pause(asked.worker_model).now, locality, observer)
    watch: Watch | None = None
    observed = Observed()
    try:
        target = _start(app, asked, interleaving)
        observed = observe_flask(
            target, observer, pause=make_pause(asked.worker_model) if asked.yields else None
        )
        observed = replace(observed, doubt="; ".join(filter(None, (observed.doubt, interleaving.doubt))))
        watch = Watch(
            observer.residue,
            locality,
            roots={"the application": target},
            contexts=contexts_here(),
            always_full=True,
            cache_max=asked.cache_max,
        )
        observer.at_rest = watch.finish
        events: Recording = Visitors(observer, interleaving) if asked.yields else observer
        wrapper = Wrapper(target, locality, Watched(events, watch), {})
        with switching_every(DEFAULT_SWITCH_INTERVAL_S):
            yield _Stage(target, wrapper, observer, watch, observed)
    finally:
        interleaving.stop()
        if watch is not None:
            watch.stop()
        observer.close()
        observed.undo()


def _start(app: WSGIApplication | str, asked: Asked, interleaving: Interleaving) -> WSGIApplication:
    """Return the application, loaded once its own code is watched.

    :raises AskedWrongError: if it can't be loaded.
    """

    def watch(root: str) -> None:
        if asked.yields:
            interleaving.start(str(Path(asked.root or root).resolve()))

    if not isinstance(app, str):
        watch(asked.home)
        return app
    try:
        return load_app(app, watch)
    except LoadError as error:
        raise AskedWrongError(in_a_test(str(error))) from error


def _callers(worker: int, asked: Asked) -> list[int]:
    """Return the clients of a load worker, as canaries name them."""
    made = (make_canary(CanaryKind.OPERATION, worker, client, 1) for client in range(asked.clients))
    return [caller_of(canary) for canary in made]


def _load(wsgi: WSGIApplication, asked: Asked, plan: RoutePlan, journal: JournalWriter, worker: int) -> None:
    recorder = Recorder(journal)
    callers = [Identity(asked.seed, worker, number, stream=0) for number in range(asked.clients)]
    if not asked.http:
        drive(
            [CallingCaller(wsgi, who, plan, recorder, asked.headers) for who in callers],
            asked.workers,
            asked.operations,
        )
        return
    with serving(wsgi) as address:
        clients = [HttpCaller(address, who, plan, recorder, TIMEOUT_S, asked.headers) for who in callers]
        try:
            drive(clients, asked.workers, asked.operations)
        finally:
            for client in clients:
                client.close()


def _routes(plan: RoutePlan) -> list[dict[str, Any]]:
    """Return the routes of a plan as ``column.json`` has them."""
    return [
        {
            "label": route.label,
            "rule": route.rule,
            "fields": [{"place": field.place, "name": field.name} for field in route.fields],
        }
        for route in plan.routes
    ]


def judge(
    asked: Asked, plan: RoutePlan, folder: Path, names: dict[int, str], observed: Observed
) -> tuple[Result, ...]:
    """Return what every checker says of the journals in *folder*."""
    meta: dict[str, Any] = {
        "model": asked.worker_model,
        "server": "http" if asked.http else "in-process",
        "inside": True,
        "app": True,
        "contexts": observed.framework,
        "shared": asked.shared,
        "earlier": list(_earlier.values()),
        "routes": _routes(plan),
    }
    paths, doubts = sorted(folder.glob("*/*.journal")), [observed.doubt] if observed.doubt else []
    history = read_history(paths, meta, doubts, RUN, names=names)
    judging = Judging(checkers_for(app=True))
    for batch in history.batches():
        judging.feed(batch)
    return judging.finish(history.facts)
