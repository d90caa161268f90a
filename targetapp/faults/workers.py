"""What is right in one worker and wrong in several: seeds, state, first use."""

from __future__ import annotations

import itertools
import os
import secrets
import threading
from collections.abc import Iterator
from random import Random
from typing import Any

from targetapp.framework import App, Request, abort, request
from targetapp.probes import look
from targetapp.probes.ids import ID_BITS
from targetapp.probes.stores import SessionsByPath
from targetapp.probes.values import Values

from .fault import Fault

#: Long enough for the rest of a burst to arrive.
FIRST_USE_S = 0.02
#: How long it takes to sort one rule in.
SORT_STEP_S = 0.0002
#: Long enough for a few callers who draw an id, which not everybody does.
MAKING_S = 0.25
#: Others must get a chance to come in between.
PAUSE_S = 0.001
RULES_MAX = 64
_PROCESS_SHIFT = 32


def fork_seed(app: App) -> None:
    """Draw ids from a generator that was seeded before the workers were forked."""
    drawn = Random(7)  # noqa: S311 - that is the fault
    app.extensions["new_id"] = lambda: drawn.getrandbits(ID_BITS)


class LocalValues:
    """Values in a dict of this process."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def put(self, key: str, value: str) -> None:
        """Keep *value* where only this worker finds it."""
        self._values[key] = value

    def get(self, key: str) -> str | None:
        """Return what this worker was told."""
        return self._values.get(key)


def worker_local_state(app: App) -> None:
    """Keep values in the worker that happened to serve the write."""
    app.extensions["values"] = LocalValues()


def lazy_init_flag_first(app: App) -> None:
    """Set the flag that guards a first use before the work it guards is done."""

    class Registry:
        ready = False
        table: dict[str, str] | None = None

    def ensure() -> None:
        if not Registry.ready:
            Registry.ready = True
            look.sleep(FIRST_USE_S)
            Registry.table = {}
        if Registry.table is None:
            raise LookupError("the registry has no table")

    app.before_request_funcs[None].append(ensure)


class CachedValues:
    """Values that this process has seen once are never read again."""

    def __init__(self, inner: Values) -> None:
        self._inner = inner
        self._seen: dict[str, str] = {}

    def put(self, key: str, value: str) -> None:
        """Keep *value* for all, and at hand."""
        self._inner.put(key, value)
        self._seen[key] = value

    def get(self, key: str) -> str | None:
        """Return what is at hand, whatever others have put since."""
        if key not in self._seen:
            found = self._inner.get(key)
            if found is None:
                return None
            self._seen[key] = found
        return self._seen[key]


def stale_cache(app: App) -> None:
    """Cache values in the process, and tell no other of a new one."""
    app.extensions["values"] = CachedValues(app.extensions["values"])


def key_per_worker(app: App) -> None:
    """Draw the key that signs cookies when a worker is first asked."""
    inner = app.session_interface
    if not isinstance(inner, SessionsByPath):
        raise TypeError("key_per_worker needs the probes' own session interface")

    class Drawing(SessionsByPath):
        """Sessions that another worker takes for forged."""

        lock = threading.Lock()
        drawn_by = 0

        def open_session(self, app: Any, request: Request) -> Any:
            with self.lock:
                if self.drawn_by != os.getpid():
                    self.drawn_by = os.getpid()
                    app.secret_key = secrets.token_hex(32)
            return super().open_session(app, request)

    app.session_interface = Drawing(inner.cookie, inner.server)


def rules_change_while_read(app: App) -> None:
    """Add a rule while others look for theirs."""
    rules: dict[str, str] = {"/": "start"}

    def find() -> None:
        if (request.endpoint or "").endswith("put"):
            if len(rules) > RULES_MAX:
                rules.clear()
            rules[request.full_path] = "put"
        for number, rule in enumerate(rules):
            if not number:
                look.sleep(PAUSE_S)
            if rule == request.path:
                break

    app.before_request_funcs[None].append(find)


def sorted_in_place(app: App) -> None:
    """Sort the rules at first use, in the list that others search."""
    rules = list(app.view_functions)

    class Map:
        sorted = False

    def weigh(rule: str) -> int:
        look.sleep(SORT_STEP_S)
        return len(rule)

    def find() -> None:
        if not Map.sorted:
            rules.sort(key=weigh)
            Map.sorted = True
        if request.endpoint and request.endpoint not in rules:
            abort(404)

    app.before_request_funcs[None].append(find)


def made_twice(app: App) -> None:
    """Make the counter of ids at first use, without a lock."""

    class Lazy:
        counter: Iterator[int] | None = None

    def new_id() -> int:
        if Lazy.counter is None:
            look.sleep(MAKING_S)
            Lazy.counter = itertools.count(1)
        return os.getpid() << _PROCESS_SHIFT | next(Lazy.counter)

    app.extensions["new_id"] = new_id


FAULTS = (
    Fault(
        "fork_seed",
        "FC11",
        "benoitc/gunicorn#171, googleapis/python-firestore#388",
        "A random generator is seeded before the workers are forked, so all draw the same ids.",
        fork_seed,
    ),
    Fault(
        "worker_local_state",
        "FC11",
        "unbit/uwsgi#2060",
        "A value is kept in the worker that served the write, and no other finds it.",
        worker_local_state,
    ),
    Fault(
        "lazy_init_flag_first",
        "FC11",
        "plotly/dash#3971",
        "The flag that guards a first use is set before the work it guards, so a burst right after"
        " the start finds nothing.",
        lazy_init_flag_first,
    ),
    Fault(
        "sorted_in_place",
        "FC11",
        "pallets/werkzeug#546",
        "The rules are sorted in place at first use, and a list that is being sorted looks empty.",
        sorted_in_place,
    ),
    Fault(
        "made_twice",
        "FC11",
        "pallets-eco/blinker#21, python/cpython#101890, celery/kombu#1303",
        "What is made at first use is made once for each of those who come first, as nothing locks it.",
        made_twice,
    ),
    Fault(
        "rules_change_while_read",
        "FC11",
        "localstack/rolo#6",
        "A view adds a rule to the dict that others iterate over.",
        rules_change_while_read,
    ),
    Fault(
        "stale_cache",
        "FC11",
        "thadeusb/flask-cache#186, dchevell/flask-executor#55",
        "Each worker caches values, and does not hear of what another one puts.",
        stale_cache,
    ),
    Fault(
        "key_per_worker",
        "FC11",
        "maxcountryman/flask-login#388, web2py/py4web#108",
        "Each worker draws its own key, and takes the sessions of the others for forged.",
        key_per_worker,
    ),
)
