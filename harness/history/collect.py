"""All journals of one column as one history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .columns import Batch
from .facts import ColumnFacts, Earlier, JournalFacts, RouteFacts
from .header import JournalError
from .layout import Side
from .reader import Journal, open_journal

#: The folders of a column that hold journals, and which side's they are.
SIDES = {"server": Side.SERVER, "client": Side.CLIENT}


@dataclass(frozen=True, slots=True)
class History:
    """One column's history: what is known about it, and its events in batches.

    ``journals`` are those that can be read; ``facts`` name the others too.
    """

    facts: ColumnFacts
    journals: tuple[Journal, ...]

    def batches(self, rows: int = 65_536) -> Iterator[Batch]:
        """Yield every committed record: journal after journal, each in order."""
        for journal in self.journals:
            yield from journal.batches(rows)


def read_history(
    paths: Iterable[Path],
    meta: Mapping[str, Any],
    doubts: Iterable[str] = (),
    run_id: str = "",
    *,
    names: Mapping[int, str] | None = None,
) -> History:
    """Open the journals of a column; those that can't be read become facts with a problem.

    :param paths: journals, each in a folder named ``server`` or ``client``; sorted by the caller.
    :param meta: what ``column.json`` says; ``model``, ``server``, ``inside``,
        ``black_box``, ``scenarios``, ``load_workers`` and, of an application, ``app``, ``contexts``,
        ``routes``, ``shared``, ``named`` and ``earlier`` are used.
    :param doubts: what went wrong while the run was made, a sentence each.
    :param run_id: the run the journals have to belong to, if that is known.
    :param names: what the numbers in RESIDUE records stand for.
    """
    journals: list[Journal] = []
    facts: list[JournalFacts] = []
    for path in paths:
        source = f"{path.parent.name}/{path.stem}"
        side = SIDES.get(path.parent.name)
        try:
            journal = open_journal(path, source, run_id)
            if side is not journal.facts.side:
                raise JournalError(
                    f"journal {source} can't be read: it is of the {journal.facts.side.name.lower()} side"
                )
        except JournalError as error:
            facts.append(_unreadable(side or Side.SERVER, source, str(error)))
            continue
        journals.append(journal)
        facts.append(journal.facts)
    column = ColumnFacts(
        model=str(meta.get("model", "")),
        server=str(meta.get("server", "")),
        inside=meta.get("inside") is True,
        journals=tuple(facts),
        doubts=tuple(doubts),
        black_box=meta.get("black_box") is True,
        scenarios=tuple(str(name) for name in meta.get("scenarios") or ()),
        load_workers=int(meta.get("load_workers") or 1),
        names=tuple((names or {}).items()),
        app=meta.get("app") is True,
        routes=routes_of(meta),
        shared=tuple(str(name) for name in meta.get("shared") or ()),
        contexts=str(meta.get("contexts") or ""),
        earlier=tuple(Earlier(*map(int, one)) for one in meta.get("earlier") or ()),
        named=meta.get("named") is not False,
    )
    return History(column, tuple(journals))


def _unreadable(side: Side, source: str, problem: str) -> JournalFacts:
    return JournalFacts(side, source, pid=0, committed=0, closed=False, problem=problem)


def routes_of(meta: Mapping[str, Any]) -> tuple[RouteFacts, ...]:
    """Return the routes that ``column.json`` names, in the order of their numbers."""
    return tuple(
        RouteFacts(
            str(route["label"]),
            str(route["rule"]),
            tuple((str(field["place"]), str(field["name"])) for field in route["fields"]),
        )
        for route in meta.get("routes") or ()
    )
