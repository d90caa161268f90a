"""Loads the target in the process that serves it, and puts the harness around it.

From the outside in: the wrapper (readiness, which operation runs here, what leaves the app), the
target's application, the observer in its hooks and the ledger among its callbacks.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from pathlib import Path

from harness import records
from harness.history.journal import JournalWriter
from harness.history.layout import Side
from harness.inside.apploading import load_app
from harness.inside.body import Recorder
from harness.inside.census import Census
from harness.inside.complaint import fail
from harness.inside.interleaving import Interleaving
from harness.inside.ledger import keep_ledger
from harness.inside.locality import Locality
from harness.inside.locating import Locating
from harness.inside.observer import Observer
from harness.inside.of_flask.installing import observe_flask
from harness.inside.residue.watch import Watch, Watched
from harness.inside.routes.finding import survey_app
from harness.inside.visitors import NO_CONTEXTS, Visitors
from harness.inside.wrapper import Wrapper
from harness.inside.yields import make_pause
from harness.store import files
from harness.store.metadata import Doubt
from harness.target import Loaded, LoadError, WSGIApplication, contexts_here, load_target
from harness.workers.spec import COMPLAINT, YES, Spec

_MB = 1 << 20


class Inside:
    """The target in this process: loaded once, its journals closed at the end."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._numbers = itertools.count(1)
        self._observer: Observer | None = None
        self._locating: Locating | None = None

    def load(self) -> WSGIApplication:
        """Import the target and return it, wrapped; ends the process if that can't be done."""
        spec = self._spec
        if spec.app:
            return self._load_app()
        try:
            loaded = load_target(
                spec.target, spec.faults, spec.session_db, reuse_app_context=spec.reuse_app_context
            )
        except LoadError as error:
            fail(str(error))
        locality = Locality(greenlets=spec.model == "greenlet")
        self._observer = self._observe(loaded, locality)
        announce = {
            "run": spec.run,
            "column": spec.column,
            "inside": YES if self._observer else "no",
        }
        return Wrapper(loaded.wsgi, locality, self._observer, announce, guard=spec.guard)

    def _load_app(self) -> WSGIApplication:
        """Import a user's own application, write down its routes, and return it, wrapped."""
        spec = self._spec
        locality = Locality(greenlets=spec.model == "greenlet")
        self._observer = observer = Observer(
            self._open_journal, NO_CONTEXTS, None, locality, complain=self._complain
        )
        # Where a process serves one request at a time, nobody is there to be let run.
        yields = spec.yields and spec.model != "process"
        interleaving = Interleaving(spec.seed, make_pause(spec.model).now, locality, observer)
        try:
            app = load_app(spec.target, interleaving.start if yields else lambda root: None)
        except LoadError as error:
            fail(str(error))
        self._write_routes(app)
        observed = observe_flask(app, observer, pause=make_pause(spec.model) if yields else None)
        for doubt in filter(None, (observed.doubt, interleaving.doubt)):
            self._complain(doubt, whose="harness")
        recorder: Recorder = Visitors(observer, interleaving) if yields else observer
        if spec.residue:
            recorder = Watched(recorder, self._watch(app, observer, locality))
        announce = {
            "run": spec.run,
            "column": spec.column,
            "inside": YES,
            "contexts": observed.framework,
        }
        return Wrapper(app, locality, recorder, announce, guard=spec.guard)

    def _watch(self, app: WSGIApplication, observer: Observer, locality: Locality) -> Watch:
        """Watch for what requests leave, and look at what is left of them before the journal is closed."""
        roots, folder = {"the application": app}, Path(self._spec.journal_dir)
        watch = Watch(
            observer.residue,
            locality,
            roots=roots,
            contexts=contexts_here(),
            folder=folder,
            cache_max=self._spec.cache_max,
        )
        observer.at_rest = watch.finish
        return watch

    def _write_routes(self, app: WSGIApplication) -> None:
        """Leave what the app serves where the harness looks for it; each process would say the same."""
        path = Path(self._spec.routes)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            draft.write_text(records.to_text(survey_app(app)), encoding="utf-8")
            draft.replace(path)
        except OSError as error:
            self._complain(f"the app's routes can't be written to {path.name}: {error.strerror or error}")

    def close(self) -> None:
        """Close the journal of this process, which has stopped serving in order."""
        if self._observer is not None:
            self._observer.close()
        if self._locating is not None:
            self._locating.close()

    def _observe(self, loaded: Loaded, locality: Locality) -> Observer | None:
        """Install the observer and the ledger; None if nothing is to be, or can be, recorded."""
        pause = make_pause(self._spec.model) if self._spec.yields else None
        if loaded.contexts is None or not self._spec.record:
            if pause is not None:  # what is measured without recording yields all the same
                loaded.install_checkpoint(lambda step, context: pause())
                loaded.install_look(lambda point: pause.now())
            return None
        # An error that reaches the server lives, with all its frames refer to, as long as the server
        # keeps it, or ends the worker: what is left then is not what the application kept.
        counts = self._spec.census and self._spec.guard
        observer = Observer(
            self._open_journal,
            loaded.contexts,
            loaded.app,
            locality,
            pause=pause,
            complain=self._complain,
            census=Census(locality) if counts else None,
        )
        self._locating = self._locate(loaded, observer)
        loaded.install_carry(observer.carry)
        keep_ledger(loaded.app, loaded.signals, observer)
        return observer

    def _locate(self, loaded: Loaded, observer: Observer) -> Locating:
        """Install the observer's hooks, at first behind what finds the checkpoints' lines."""

        def install() -> None:
            loaded.install_checkpoint(observer.hook)
            loaded.install_look(observer.look)

        locating = Locating(Path(self._spec.journal_dir), install)
        loaded.install_checkpoint(locating.before_step(observer.hook))
        loaded.install_look(locating.before_look(observer.look))
        return locating

    def _open_journal(self) -> JournalWriter:
        """Open this process's next journal, with its share of what the column may take.

        :raises OSError: if it can't be created.
        """
        folder = Path(self._spec.journal_dir)
        limit = self._spec.disk_max_mb * _MB
        processes = self._spec.concurrency if self._spec.model == "process" else 1
        taken = sum(journal.stat().st_size for journal in folder.glob("*.journal"))
        path = folder / f"{os.getpid()}-{next(self._numbers)}.journal"
        # A worker that replaces another has what is left, so that all of them stay within the limit.
        max_bytes = max(min(limit // processes, limit - taken), 0)
        return JournalWriter(path, Side.SERVER, os.getpid(), max_bytes, self._spec.run)

    def _complain(self, text: str, whose: str = "disk") -> None:
        """Record that nothing, or not everything, can be recorded."""
        doubt = Doubt(whose, text)
        try:
            files.append_line(Path(self._spec.doubts), json.dumps(records.to_json(doubt)))
        except files.StoreError as error:
            sys.stderr.write(f"{COMPLAINT}{text}; {error}\n")
