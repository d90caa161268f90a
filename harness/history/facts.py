"""What is known about a column's history besides its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .layout import Side


@dataclass(frozen=True, slots=True)
class JournalFacts:
    """How one journal ended.

    ``closed``: its process closed it; otherwise the process was killed, and contexts still open
    at its end were cut off. ``lost``: records that were not stored (disk full, limit reached).
    ``torn``: records begun but not committed when the process was killed. ``gaps``: uncommitted
    records that no kill explains. ``problem``: why the journal can't be read, or ''.
    """

    side: Side
    source: str
    pid: int
    committed: int
    closed: bool
    lost: int = 0
    torn: int = 0
    gaps: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """A route of a user's application: what a report calls it, its rule, its fields as (place, name)."""

    label: str
    rule: str
    fields: tuple[tuple[str, str], ...] = ()


class Earlier(NamedTuple):
    """A caller of an earlier check in the same process: what it sent is in no journal of this one.

    ``operations``: the most it may have sent. ``published``: slots of fields by which that check's callers
    published on purpose, a bit each.
    """

    caller: int
    operations: int
    published: int = 0


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column of the matrix: a worker model on a server, and how its recording went."""

    model: str  # "thread", "greenlet" or "process"
    server: str  # "gthread", "waitress", "werkzeug", "gevent", "gunicorn-gevent", "sync", ...
    inside: bool  # False: the target did not record (black box); inside invariants: not looked at
    journals: tuple[JournalFacts, ...]
    doubts: tuple[str, ...] = ()  # what went wrong while the run was made, a sentence each
    black_box: bool = False  # whoever asked accepts a verdict without evidence from inside
    scenarios: tuple[str, ...] = ()  # the only ones asked for; (): the whole mix
    load_workers: int = 1  # that were told to send operations; each leaves a journal
    names: tuple[tuple[int, str], ...] = ()  # what the numbers in RESIDUE records stand for
    app: bool = False  # a user's own application, judged from outside
    routes: tuple[RouteFacts, ...] = ()  # of the application; a record's `spare` is a number in here
    shared: tuple[str, ...] = ()  # rules and fields by which callers publish on purpose
    contexts: str = ""  # the framework whose contexts were observed in it, such as "Flask 3.1.3"
    earlier: tuple[Earlier, ...] = ()  # callers of earlier checks in the same process
    named: bool = True  # somebody asked for this worker model by its name
