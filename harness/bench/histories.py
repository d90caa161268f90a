"""Histories by the million, made on the fly: operations that overlap, their records interleaved.

Each operation is a copy of its scenario's script with its canaries and times filled in. Seeded: the
same history every time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.history.canary import CanaryKind, make_canary
from harness.history.columns import Batch, Records
from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import Field, Side
from harness.history.scenarios import Scenario

from .scripts import script, write_client, write_script

Ints: TypeAlias = npt.NDArray[np.int64]
Canaries: TypeAlias = npt.NDArray[np.uint64]

#: Scenarios of the histories made, and how often each is drawn.
MIX: dict[Scenario, int] = {
    Scenario.ECHO: 12,
    Scenario.SESSION_READ: 6,
    Scenario.NESTED_APP_CONTEXT: 1,
    Scenario.UNHANDLED_ERROR: 1,
    Scenario.ISSUE_ID: 1,
    Scenario.STREAM: 1,
}
_SCENARIOS = tuple(MIX)
#: Nanoseconds between the starts of two operations.
_APART_NS = 10_000
#: Activations that an operation may need.
_ACTIVATIONS = 3


class _Templates(NamedTuple):
    """The records of all scenarios one after the other, and where each begins."""

    records: Records
    starts: Ints
    lengths: Ints


def _templates(parts: Iterable[Records]) -> _Templates:
    records = list(parts)
    lengths = np.array([len(part) for part in records])
    return _Templates(np.concatenate(records), np.cumsum(lengths) - lengths, lengths)


class _Drawn(NamedTuple):
    """Operations to make, a column each."""

    scenario: Ints  # its place in _SCENARIOS
    op: Canaries
    session: Canaries
    at: Ints  # when each starts

    def only(self, chosen: npt.NDArray[np.bool_]) -> _Drawn:
        return _Drawn(self.scenario[chosen], self.op[chosen], self.session[chosen], self.at[chosen])

    def places(self, templates: _Templates) -> tuple[Ints, Ints]:
        """Return whose each record is, and which of its operation's it is."""
        lengths = templates.lengths[self.scenario]
        whose = np.repeat(np.arange(len(lengths)), lengths)
        return whose, np.arange(len(whose)) - np.repeat(np.cumsum(lengths) - lengths, lengths)


class HistoryMaker:
    """Makes the batches of one column.

    :param journals: how many target processes there are.
    :param concurrency: operations open at once, over all processes.
    :param rows: records in a batch.
    :param block: operations made together; none stays open over the end of a block, but batches
        end anywhere.
    """

    def __init__(
        self, seed: int, *, journals: int = 3, concurrency: int = 50, rows: int = 1 << 14, block: int = 512
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._journals = journals
        self._concurrency = concurrency
        self._rows = rows
        self._block = block
        self._server = _templates(write_script(script(one), one) for one in _SCENARIOS)
        self._client = _templates(write_client(one) for one in _SCENARIOS)
        self._weights = np.array(list(MIX.values())) / sum(MIX.values())
        self._made = 0
        self._clock = 1
        self._activations = [1] * journals
        self._waiting: dict[str, Records] = {}
        self._written: dict[str, int] = {}
        self._pids: dict[str, int] = {}

    def batches(self, events: int) -> Iterator[Batch]:
        """Yield batches of at least *events* records in all, each journal's in order."""
        made = 0
        while made < events:
            for source, records in self._make_block():
                made += len(records)
                held = self._waiting.get(source, records[:0])
                self._waiting[source] = np.concatenate([held, records])
                yield from self._drain(source, whole_only=True)
        for source in self._waiting:
            yield from self._drain(source, whole_only=False)

    def facts(self, model: str = "thread") -> ColumnFacts:
        """Return the facts that go with the batches made so far."""
        journals = tuple(
            JournalFacts(_side(source), source, self._pids[source], number, closed=True)
            for source, number in sorted(self._written.items())
        )
        # The made-up mix lacks some scenarios, so some laws are about nothing in it.
        return ColumnFacts(model, "made-up", inside=True, journals=journals, scenarios=("made-up",))

    def _drain(self, source: str, *, whole_only: bool) -> Iterator[Batch]:
        held = self._waiting[source]
        end = len(held) - (len(held) % self._rows if whole_only else 0)
        first = self._written.get(source, 0)
        pid = self._pids.setdefault(source, 1000 + len(self._pids))
        for start in range(0, end, self._rows):
            records = held[start : min(start + self._rows, end)].copy()
            number = first + start
            records["commit"] = np.arange(number + 1, number + 1 + len(records))
            yield Batch(_side(source), source, pid, number, records)
        self._written[source] = first + end
        self._waiting[source] = held[end:].copy()

    def _make_block(self) -> Iterator[tuple[str, Records]]:
        number = np.arange(self._made, self._made + self._block, dtype=np.uint64)
        self._made += self._block
        client, ordinal = number % np.uint64(self._concurrency), number // np.uint64(self._concurrency)
        operation = np.uint64(make_canary(CanaryKind.OPERATION, 0, 0, 1))
        session = np.uint64(make_canary(CanaryKind.SESSION, 0, 0, 1))
        at = self._clock + np.arange(self._block) * _APART_NS
        self._clock = int(at[-1]) + _APART_NS * (self._concurrency + 1)
        drawn = _Drawn(
            self._rng.choice(len(_SCENARIOS), self._block, p=self._weights),
            operation + (client << np.uint64(32)) + ordinal,
            session + (client << np.uint64(32)),
            at,
        )
        yield "client/0", self._client_records(drawn)
        journal = self._rng.integers(0, self._journals, self._block)
        for one in range(self._journals):
            if (journal == one).any():
                yield f"server/{one}", self._server_records(one, drawn.only(journal == one))

    def _interleave(self, templates: _Templates, drawn: _Drawn) -> tuple[Records, Ints]:
        """Return the operations' records in the order of their times, and whose each is."""
        whose, place = drawn.places(templates)
        lengths = templates.lengths[drawn.scenario]
        pace = _APART_NS * self._concurrency / lengths[whose]
        t = drawn.at[whose] + ((place + self._rng.random(len(whose))) * pace).astype(np.int64)
        order = np.argsort(t, kind="stable")
        whose = whose[order]
        records = templates.records[templates.starts[drawn.scenario[whose]] + place[order]]
        records["t"] = t[order]
        records["op"] = drawn.op[whose]
        records["thread"] = 100 + whose % self._concurrency
        return records, whose

    def _server_records(self, journal: int, drawn: _Drawn) -> Records:
        records, whose = self._interleave(self._server, drawn)
        records["request"] *= records["op"]
        records["g"] *= records["op"]
        records["session"] *= drawn.session[whose]
        records["value"] *= drawn.session[whose]
        first = self._activations[journal] + _ACTIVATIONS * np.arange(len(drawn.op))
        self._activations[journal] = int(first[-1]) + _ACTIVATIONS
        records["activation"] += np.where(records["activation"] > 0, first[whose] - 1, 0).astype(np.uint32)
        return records

    def _client_records(self, drawn: _Drawn) -> Records:
        records, whose = self._interleave(self._client, drawn)
        records["session"] = drawn.session[whose]
        own = records["spare"] == 1
        issued = records["point"] == Field.ISSUED_ID
        records["expected"] = np.where(own, records["op"], records["expected"])
        records["value"] = np.where(own, records["op"], records["value"])
        records["value"] = np.where(issued, records["op"] * np.uint64(2654435761), records["value"])
        records["spare"] = 0
        return records


def _side(source: str) -> Side:
    return Side.CLIENT if source.startswith("client") else Side.SERVER
