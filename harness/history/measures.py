"""Throughput and latency out of the client's history; a fold in bounded memory.

Latencies go into log-spaced bins, each 2 % wider than the one before, and are given as the middle
of theirs: a percentile is within 1 % of the true one (HdrHistogram's idea). The greatest is exact.
Each journal is measured by its own clock, from its own first record: those of other hosts have
another, so seconds of several journals are laid side by side and the longest is the duration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .columns import Batch
from .layout import Kind, Side
from .scenarios import Scenario

Ints: TypeAlias = npt.NDArray[np.int64]
Canaries: TypeAlias = npt.NDArray[np.uint64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Rows: TypeAlias = npt.NDArray[np.intp]

_GROWTH = 1.02
#: Latencies below a microsecond or above some 20 minutes share the first and the last bin.
_FIRST_NS = 1_000.0
_BINS = 1_060
_COMPLETIONS = (Kind.OK, Kind.FAIL, Kind.INFO)
_SECOND_NS = 1_000_000_000
#: A run is shorter than this; a completion that says otherwise is not laid into a second.
_SECONDS_MAX = 7 * 24 * 3600
_STATUS_MAX = 999


@dataclass(frozen=True, slots=True)
class ScenarioMeasures:
    """How one kind of operation went; latencies from invoke to completion, in milliseconds."""

    scenario: str
    ok: int
    fail: int
    info: int
    latency_ms_p50: float
    latency_ms_p95: float
    latency_ms_p99: float
    latency_ms_max: float


@dataclass(frozen=True, slots=True)
class Measures:
    """Throughput and latency of one column, computed from the client's history."""

    operations: int
    ok: int
    fail: int
    info: int
    duration_s: float
    operations_per_s: float
    scenarios: tuple[ScenarioMeasures, ...] = ()
    statuses: tuple[tuple[int, int], ...] = ()  # (HTTP status, how often)
    per_second: tuple[int, ...] = ()  # completions in each second of the run


class _Latencies:
    """A histogram of the latencies of one scenario, those of complete responses only."""

    def __init__(self) -> None:
        self._bins = np.zeros(_BINS, np.int64)
        self._max_ns = 0

    def add(self, latency_ns: Ints) -> None:
        """Put latencies in."""
        scaled = np.log(np.maximum(latency_ns, _FIRST_NS) / _FIRST_NS) / np.log(_GROWTH)
        self._bins += np.bincount(np.minimum(scaled.astype(np.int64), _BINS - 1), minlength=_BINS)
        self._max_ns = max(self._max_ns, int(latency_ns.max()))

    def percentile_ms(self, share: float) -> float:
        """Return the latency that *share* of all do not exceed, 0.0 without any."""
        total = int(self._bins.sum())
        if not total:
            return 0.0
        reached = np.cumsum(self._bins) >= max(share * total, 1)
        middle_ns = _FIRST_NS * float(_GROWTH ** (int(np.argmax(reached)) + 0.5))
        return min(middle_ns, float(self._max_ns)) / 1e6

    @property
    def max_ms(self) -> float:
        """The greatest latency."""
        return self._max_ns / 1e6


class _Journal:
    """What is carried over of one journal: its clock, its seconds, the operations under way."""

    def __init__(self, start_ns: int) -> None:
        self._start_ns = np.uint64(start_ns)
        self._end_ns = 0
        self._op = np.empty(0, np.uint64)
        self._at = np.empty(0, np.int64)
        self.seconds = np.zeros(0, np.int64)

    @property
    def duration_s(self) -> float:
        """From the first record to the last completion."""
        return self._end_ns / _SECOND_NS

    def since_start(self, t: Canaries) -> Ints:
        """Return times since the journal's first record in nanoseconds, none below 0."""
        after = np.where(t > self._start_ns, t - self._start_ns, 0)
        return np.minimum(after, _SECONDS_MAX * _SECOND_NS).astype(np.int64)

    def complete(self, at: Ints) -> None:
        """Count completions into their seconds."""
        self._end_ns = max(self._end_ns, int(at.max()))
        counted = np.bincount(at // _SECOND_NS, minlength=len(self.seconds))
        counted[: len(self.seconds)] += self.seconds
        self.seconds = counted

    def pair(self, op: Canaries, at: Ints, invoked: Bools) -> tuple[Rows, Ints]:
        """Return the rows of completions whose INVOKE is known, and their latencies."""
        held = len(self._op)
        op, at = np.concatenate([self._op, op]), np.concatenate([self._at, at])
        opens = np.concatenate([np.ones(held, np.bool_), invoked])
        order = np.argsort(op, kind="stable")
        first, second = order[:-1], order[1:]
        paired = (op[first] == op[second]) & opens[first] & ~opens[second]
        alone = opens.copy()
        alone[first[paired]] = False
        self._op, self._at = op[alone], at[alone]
        return second[paired] - held, at[second[paired]] - at[first[paired]]


class Measuring:
    """Measures one column; feed it each client journal's batches in order, the journals in any."""

    def __init__(self) -> None:
        self._journals: dict[str, _Journal] = {}
        self._latencies = [_Latencies() for _ in range(256)]
        self._completed = {kind: np.zeros(256, np.int64) for kind in _COMPLETIONS}
        self._operations = 0
        self._statuses = np.zeros(_STATUS_MAX + 1, np.int64)

    def feed(self, batch: Batch) -> None:
        """Take in a batch; the target's journals hold nothing of it."""
        if batch.side is not Side.CLIENT or not len(batch.records):
            return
        journal = self._journals.get(batch.source)
        if journal is None:
            journal = self._journals[batch.source] = _Journal(int(batch.records["t"][0]))
        chosen = batch.records[np.isin(batch.records["kind"], (Kind.INVOKE, *_COMPLETIONS))]
        if not len(chosen):
            return
        kind, scenario = chosen["kind"], chosen["scenario"]
        invoked = kind == Kind.INVOKE
        self._operations += int(invoked.sum())
        for each in _COMPLETIONS:
            self._completed[each] += np.bincount(scenario[kind == each], minlength=256)
        status = np.minimum(chosen["value"][kind == Kind.OK], _STATUS_MAX).astype(np.int64)
        self._statuses += np.bincount(status, minlength=_STATUS_MAX + 1)
        at = journal.since_start(chosen["t"])
        if not invoked.all():
            journal.complete(at[~invoked])
        rows, latency_ns = journal.pair(chosen["op"], at, invoked)
        answered = kind[rows] == Kind.OK
        rows, latency_ns = rows[answered], latency_ns[answered]
        for each in np.unique(scenario[rows]).tolist():
            self._latencies[each].add(latency_ns[scenario[rows] == each])

    def finish(self) -> Measures:
        """Return what was measured."""
        journals = self._journals.values()
        ok, fail, info = (int(self._completed[kind].sum()) for kind in _COMPLETIONS)
        duration_s = max((journal.duration_s for journal in journals), default=0.0)
        seconds = np.zeros(max((len(journal.seconds) for journal in journals), default=0), np.int64)
        for journal in journals:
            seconds[: len(journal.seconds)] += journal.seconds
        return Measures(
            self._operations,
            ok,
            fail,
            info,
            duration_s,
            (ok + fail + info) / duration_s if duration_s else 0.0,
            tuple(self._of_scenario(scenario) for scenario in Scenario if self._seen(scenario)),
            tuple((int(status), int(self._statuses[status])) for status in np.flatnonzero(self._statuses)),
            tuple(seconds.tolist()),
        )

    def _seen(self, scenario: Scenario) -> bool:
        return any(counts[scenario] for counts in self._completed.values())

    def _of_scenario(self, scenario: Scenario) -> ScenarioMeasures:
        ok, fail, info = (int(self._completed[kind][scenario]) for kind in _COMPLETIONS)
        latencies = self._latencies[scenario]
        p50, p95, p99 = (latencies.percentile_ms(share) for share in (0.50, 0.95, 0.99))
        name = scenario.name.lower()
        return ScenarioMeasures(name, ok, fail, info, p50, p95, p99, latencies.max_ms)
