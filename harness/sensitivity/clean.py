"""Where nothing may be found: the reference framework, its clean settings and the healthy twins of faults.

A healthy twin is a fault in a column where it can't show: the same code, and not one violation. The
operations of a worker model are shared out in thirds: one for the reference as `crosstalk run` runs it,
one over the other settings, one over the twins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .expectation import COLUMNS, Expectation

#: Options of `crosstalk run`, as its table reads them.
Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Clean:
    """A target that must raise nothing."""

    name: str
    model: str
    server: str
    options: Options = ()
    fault: str = ""

    @property
    def column(self) -> str:
        """The column's name."""
        return f"{self.model}-{self.server}"


_NO_YIELDS = ("no_yields", "true")
_LAZY = ("switch_interval_s", "0.005")
_UNGUARDED = ("unguarded", "true")
_REUSE = ("reuse_app_context", "true")

#: Each model's reference first.
SETTINGS: tuple[Clean, ...] = (
    Clean("reference", "thread", "gthread"),
    Clean("no yields", "thread", "gthread", (_NO_YIELDS,)),
    Clean("threads switch every 5 ms", "thread", "gthread", (_LAZY,)),
    Clean("no yields, threads switch every 5 ms", "thread", "gthread", (_NO_YIELDS, _LAZY)),
    Clean("a pool of two", "thread", "gthread", (("concurrency", "2"),)),
    Clean("unguarded", "thread", "gthread", (_UNGUARDED,)),
    Clean("app contexts reused", "thread", "gthread", (_REUSE,)),
    Clean("another pool", "thread", "waitress"),
    Clean("a thread per connection", "thread", "werkzeug"),
    Clean("a thread per connection, unguarded", "thread", "werkzeug", (_UNGUARDED,)),
    Clean("reference", "greenlet", "gevent"),
    Clean("no yields", "greenlet", "gevent", (_NO_YIELDS,)),
    Clean("unguarded", "greenlet", "gevent", (_UNGUARDED,)),
    Clean("app contexts reused", "greenlet", "gevent", (_REUSE,)),
    Clean("another server", "greenlet", "gunicorn-gevent"),
    Clean("reference", "process", "sync"),
    Clean("no yields", "process", "sync", (_NO_YIELDS,)),
    Clean("unguarded", "process", "sync", (_UNGUARDED,)),
    Clean("app contexts reused", "process", "sync", (_REUSE,)),
    Clean("threads in each process", "process", "gthread-workers"),
)


@dataclass(frozen=True, slots=True)
class Portion:
    """How many operations one clean target takes."""

    clean: Clean
    operations: int


def healthy_twins(expectations: Iterable[Expectation]) -> Iterator[Clean]:
    """Yield every fault in each column where it has to stay silent."""
    for row in expectations:
        if not row.fault or row.must or row.may:
            continue
        for column in row.columns:
            model, server = COLUMNS[column]
            yield Clean(f"twin {row.fault}", model, server, fault=row.fault)


def share_out(operations: int, models: Sequence[str], expectations: Iterable[Expectation]) -> list[Portion]:
    """Return what each clean target takes, for *operations* of each of *models* in total.

    :param operations: at least as many as a model has clean targets.
    """
    twins = list(healthy_twins(expectations))
    portions = []
    for model in models:
        reference, *others = [clean for clean in SETTINGS if clean.model == model]
        own = [twin for twin in twins if twin.model == model]
        groups = [group for group in ([reference], others, own) if group]
        for group, share in zip(groups, _split(operations, len(groups)), strict=True):
            parts = _split(share, len(group))
            portions += [Portion(clean, part) for clean, part in zip(group, parts, strict=True)]
    return portions


def _split(number: int, parts: int) -> list[int]:
    """Return *parts* numbers that differ by one at most and add up to *number*."""
    return [number // parts + (at < number % parts) for at in range(parts)]
