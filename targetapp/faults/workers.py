"""What is right in one worker and wrong in several: seeds, state, first use."""

from __future__ import annotations

from random import Random

from targetapp.framework import App
from targetapp.probes import look
from targetapp.probes.ids import ID_BITS

from .fault import Fault

#: Long enough for the rest of a burst to arrive.
FIRST_USE_S = 0.02


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
)
